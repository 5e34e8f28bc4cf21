export interface WaveFacts {
  sampleRate: number;
  channels?: number;
  bits?: number;
  /** 1 PCM, 3 float. */
  kind?: number;
}

/** A WAV file whose samples in [-1, 1] are those of `sample(frame, channel)`. */
export function waveFile(frames: number, facts: WaveFacts, sample: (frame: number, channel: number) => number): Buffer {
  const { sampleRate, channels = 1, bits = 16, kind = 1 } = facts;
  const data = Buffer.alloc((frames * channels * bits) / 8);
  const write = (at: number, value: number) => {
    if (kind === 3) return data.writeFloatLE(value, at);
    if (bits === 8) return data.writeUInt8(Math.round(value * 127 + 128), at);
    return data.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), at, bits / 8);
  };
  for (let at = 0; at < frames * channels; at++)
    write((at * bits) / 8, sample(Math.floor(at / channels), at % channels));
  const head = Buffer.alloc(44 + 10);
  head.write("RIFF", 0);
  head.writeUInt32LE(head.length - 8 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(kind, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE((sampleRate * channels * bits) / 8, 28);
  head.writeUInt16LE((channels * bits) / 8, 32);
  head.writeUInt16LE(bits, 34);
  // A chunk of no interest, of odd length: padded to an even one.
  head.write("note", 36);
  head.writeUInt32LE(1, 40);
  head.write("data", 46);
  head.writeUInt32LE(data.length, 50);
  return Buffer.concat([head, data]);
}
