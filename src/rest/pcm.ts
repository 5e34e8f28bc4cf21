import { InputError } from "../core/errors.ts";

export interface Sound {
  /** In [-1, 1], one array per channel. */
  channels: readonly Float32Array[];
  sampleRate: number;
}

/** Reads a WAV file: PCM of 8, 16, 24 or 32 bits, or 32-bit floats. Throws InputError for anything else. */
export function readWave(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = chunkOf(view, "fmt ");
  const data = chunkOf(view, "data");
  if (!format || format.size < 16 || !data) throw unreadable("it has no format or no data");
  const channelCount = view.getUint16(format.start + 2, true);
  const sampleRate = view.getUint32(format.start + 4, true);
  const bits = view.getUint16(format.start + 14, true);
  const code = view.getUint16(format.start, true);
  // 0xfffe says "see the sub-format", whose first two bytes are the code.
  const kind = code === 0xfffe && format.size >= 26 ? view.getUint16(format.start + 24, true) : code;
  const read = sampleReader(view, kind, bits);
  if (!read || channelCount === 0 || sampleRate === 0) throw unreadable(`format ${kind} with ${bits} bits is not PCM`);
  const frameBytes = (bits / 8) * channelCount;
  const frames = Math.floor(data.size / frameBytes);
  const channels = Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let at = 0; at < frames; at++) samples[at] = read(data.start + at * frameBytes + (channel * bits) / 8);
    return samples;
  });
  return { channels, sampleRate };
}

/** A WAV file of one channel of 16-bit little-endian samples. */
export function waveOf(pcm: Uint8Array, sampleRate: number): Uint8Array {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + pcm.byteLength, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(pcm.byteLength, 40);
  return new Uint8Array(Buffer.concat([head, pcm]));
}

/** All channels as one, at `sampleRate`, as 16-bit little-endian samples. */
export function monoPcm({ channels, sampleRate: from }: Sound, sampleRate: number): Uint8Array {
  const frames = channels[0]?.length ?? 0;
  const count = Math.floor((frames * sampleRate) / from);
  const pcm = new Uint8Array(count * 2);
  const view = new DataView(pcm.buffer);
  const mixed = (at: number) => {
    const frame = Math.min(at, frames - 1);
    return channels.reduce((sum, samples) => sum + (samples[frame] ?? 0), 0) / channels.length;
  };
  const step = from / sampleRate;
  for (let at = 0; at < count; at++) {
    const place = at * step;
    const before = Math.floor(place);
    // Above the new rate, the mean of what falls together; it keeps the worst of the folding away from speech.
    const value = step > 1 ? mean(mixed, before, Math.ceil(step)) : between(mixed, before, place - before);
    view.setInt16(at * 2, Math.round(Math.max(-1, Math.min(1, value)) * 32_767), true);
  }
  return pcm;
}

function mean(mixed: (at: number) => number, start: number, count: number): number {
  let sum = 0;
  for (let at = start; at < start + count; at++) sum += mixed(at);
  return sum / count;
}

function between(mixed: (at: number) => number, before: number, share: number): number {
  return mixed(before) * (1 - share) + mixed(before + 1) * share;
}

function sampleReader(view: DataView, kind: number, bits: number): ((at: number) => number) | undefined {
  if (kind === 3 && bits === 32) return (at) => view.getFloat32(at, true);
  if (kind !== 1) return undefined;
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => view.getInt16(at, true) / 32_768;
  if (bits === 24) return (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608;
  return bits === 32 ? (at) => view.getInt32(at, true) / 2_147_483_648 : undefined;
}

/** A recorder that was stopped leaves sizes that reach beyond the end: cut to what is there. */
function chunkOf(view: DataView, name: string): { start: number; size: number } | undefined {
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const id = String.fromCharCode(...[0, 1, 2, 3].map((byte) => view.getUint8(at + byte)));
    const size = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8);
    if (id === name) return { start: at + 8, size };
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function unreadable(why: string): InputError {
  return new InputError("file", `the WAV file cannot be read: ${why}`, {
    remedy: "Save it as 16-bit PCM, or send it as a file with file_type 4.",
  });
}
