import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { InputError } from "../core/errors.ts";
import { monoPcm, readWave, type Sound, waveOf } from "./pcm.ts";

/** QQ's voice format from the two that people have at hand, and into the one that every listener understands. */
export interface VoiceCodec {
  /** SILK with Tencent's leading byte; undefined when a package that it takes is not installed. */
  toSilk(bytes: Uint8Array, format: "wav" | "mp3", signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** WAV of a SILK recording; undefined when the package that it takes is not installed. */
  toWave(silk: Uint8Array, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

/** Not dependencies of ours: 1 MB of WebAssembly that few bots need. They are used where they are installed. */
export const voicePackages = { silk: "silk-wasm", mp3: "mpg123-decoder" } as const;

/** What remains for a voice that cannot be sent. */
export const otherThanVoice = "say it as text with send_message, or send it as a file with file_type 4";

/** Where an installed package starts, as a file URL; undefined when it is not there. */
export type FindPackage = (name: string) => string | undefined;

interface Mp3Decoder {
  ready: Promise<void>;
  decode(bytes: Uint8Array): { channelData: Float32Array[]; samplesDecoded: number; sampleRate: number };
  free(): void;
}

/** What SILK knows and speech needs; other rates come out as noise. */
const sampleRate = 24_000;

export function createVoiceCodec(find: FindPackage = findPackage): VoiceCodec {
  return {
    async toSilk(bytes, format, signal) {
      const silk = find(voicePackages.silk);
      const mp3 = format === "mp3" ? find(voicePackages.mp3) : undefined;
      if (silk === undefined || (format === "mp3" && mp3 === undefined)) return undefined;
      const sound = mp3 === undefined ? readWave(bytes) : await decodeMp3(bytes, mp3);
      return runCodec("encode", { bytes: monoPcm(sound, sampleRate), codec: silk }, signal);
    },
    async toWave(bytes, signal) {
      const codec = find(voicePackages.silk);
      return codec === undefined ? undefined : waveOf(await runCodec("decode", { bytes, codec }, signal), sampleRate);
    },
  };
}

function findPackage(name: string): string | undefined {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
  } catch {
    // Not installed, which is the usual case.
    return undefined;
  }
}

async function decodeMp3(bytes: Uint8Array, address: string): Promise<Sound> {
  const { MPEGDecoder } = (await import(address)) as { MPEGDecoder: new () => Mp3Decoder };
  const decoder = new MPEGDecoder();
  try {
    await decoder.ready;
    const { channelData, samplesDecoded, sampleRate: rate } = decoder.decode(bytes);
    if (samplesDecoded === 0 || rate === 0) {
      throw new InputError("file", "the MP3 file cannot be read", {
        remedy: `Take another recording, ${otherThanVoice}.`,
      });
    }
    return { channels: channelData.map((samples) => samples.subarray(0, samplesDecoded)), sampleRate: rate };
  } finally {
    decoder.free();
  }
}

/** Runs apart: a minute of speech takes seconds, in which the gateway's heartbeat must not stand still. */
const workerSource = `
const { parentPort, workerData: { codec, work, bytes, rate } } = require("node:worker_threads");
import(codec)
  .then((silk) => silk[work](bytes, rate))
  .then(({ data }) => parentPort.postMessage({ data }), (error) => parentPort.postMessage({ reason: String(error) }));
`;

function runCodec(
  work: "encode" | "decode",
  { bytes, codec }: { bytes: Uint8Array; codec: string },
  signal?: AbortSignal,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const worker = new Worker(workerSource, { eval: true, workerData: { codec, work, bytes, rate: sampleRate } });
  const done = new Promise<Uint8Array>((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    worker.once("error", reject);
    worker.once("exit", () => reject(failed("it stopped")));
    worker.once("message", ({ data, reason }: { data?: Uint8Array; reason?: string }) => {
      if (data && data.byteLength > 0) resolve(data);
      else reject(failed(reason ?? "it gave nothing"));
    });
  });
  return done.finally(() => worker.terminate());
}

function failed(reason: string): InputError {
  return new InputError("file", `${voicePackages.silk} could not handle this voice message: ${reason}`, {
    remedy: `Take another recording, ${otherThanVoice}.`,
  });
}
