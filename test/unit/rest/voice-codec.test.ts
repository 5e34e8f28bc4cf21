import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { readWave } from "../../../src/rest/pcm.ts";
import { createVoiceCodec } from "../../../src/rest/voice-codec.ts";
import { waveFile } from "./wave-file.ts";

/** Stand-ins for the packages, as modules on disk: the codec runs in a thread of its own. */
function packages(sources: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "qq-skill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.mjs`), source);
  return (name: string) => (name in sources ? pathToFileURL(join(folder, `${name}.mjs`)).href : undefined);
}

const silk =
  "export const encode = async (pcm, rate) => ({ data: Buffer.from(['SILK', pcm.length, rate, pcm[0]].join(' ')) });";
const mp3 = `
  export class MPEGDecoder {
    ready = Promise.resolve();
    decode = (bytes) => bytes.length === 0 ? { channelData: [], samplesDecoded: 0, sampleRate: 0 } :
      { channelData: [new Float32Array(9000).fill(1), new Float32Array(9000).fill(1)], samplesDecoded: 8000, sampleRate: 8000 };
    free() {}
  }`;
const wave = waveFile(8000, { sampleRate: 8000 }, () => 0);
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe("toSilk", () => {
  it("gives the encoder mono 16-bit samples at a rate that it knows", async () => {
    const codec = createVoiceCodec(packages({ "silk-wasm": silk }));
    expect(text(await codec.toSilk(wave, "wav"))).toBe("SILK 48000 24000 0");
  });

  it("decodes MP3 first", async () => {
    const codec = createVoiceCodec(packages({ "silk-wasm": silk, "mpg123-decoder": mp3 }));
    expect(text(await codec.toSilk(new Uint8Array(1), "mp3"))).toBe("SILK 48000 24000 255");
    await expect(codec.toSilk(new Uint8Array(), "mp3")).rejects.toMatchObject({ field: "file" });
  });

  it("says undefined when a package that it needs is not installed", async () => {
    expect(await createVoiceCodec(packages({})).toSilk(wave, "wav")).toBeUndefined();
    expect(await createVoiceCodec(packages({ "silk-wasm": silk })).toSilk(wave, "mp3")).toBeUndefined();
  });

  it.each([
    ["fails", 'export const encode = async () => { throw new Error("bad pcm"); };', /bad pcm/],
    ["gives nothing", "export const encode = async () => ({ data: new Uint8Array() });", /nothing/],
    ["dies", "export const encode = () => process.exit(3);", /stopped/],
  ])("names the package when it %s", async (_, source, reason) => {
    const codec = createVoiceCodec(packages({ "silk-wasm": source }));
    await expect(codec.toSilk(wave, "wav")).rejects.toMatchObject({
      ...{ name: "InputError", field: "file", message: expect.stringMatching(reason) },
    });
  });

  it("can be cancelled, however long the encoder takes", async () => {
    const codec = createVoiceCodec(packages({ "silk-wasm": "export const encode = () => { for (;;); };" }));
    const abort = new AbortController();
    const outcome = codec.toSilk(wave, "wav", abort.signal);
    abort.abort(new Error("enough"));
    await expect(outcome).rejects.toThrow("enough");
  });
});

describe("toWave", () => {
  it("puts the samples that the decoder gives into a WAV file, which can be read again", async () => {
    const decoder =
      "export const decode = async (bytes, rate) => ({ data: new Uint8Array(new Int16Array([0, 8192, -8192, bytes.length, rate]).buffer) });";
    const bytes = await createVoiceCodec(packages({ "silk-wasm": decoder })).toWave(new Uint8Array(7));
    const sound = readWave(bytes ?? new Uint8Array());
    expect(sound.sampleRate).toBe(24_000);
    expect([...(sound.channels[0] ?? [])].map((sample) => Math.round(sample * 32_768))).toEqual([
      0, 8192, -8192, 7, 24_000,
    ]);
  });

  it("says undefined without the package, and names it when it fails", async () => {
    expect(await createVoiceCodec(packages({})).toWave(new Uint8Array(7))).toBeUndefined();
    const broken = 'export const decode = async () => { throw new Error("no silk"); };';
    const codec = createVoiceCodec(packages({ "silk-wasm": broken }));
    await expect(codec.toWave(new Uint8Array(7))).rejects.toThrow(/silk-wasm.*no silk/);
  });
});
