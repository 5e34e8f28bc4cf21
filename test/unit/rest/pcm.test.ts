import { describe, expect, it } from "vitest";
import { monoPcm, readWave } from "../../../src/rest/pcm.ts";
import { waveFile } from "./wave-file.ts";

const tone = (rate: number) => (frame: number) => Math.sin((frame / rate) * 2 * Math.PI * 440) / 2;

function samples(pcm: Uint8Array): Int16Array {
  return new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2);
}

/** Oscillations in the second half. */
function cyclesOf(pcm: Int16Array): number {
  let crossings = 0;
  for (let at = Math.floor(pcm.length / 2); at < pcm.length; at++)
    if ((pcm[at] ?? 0) < 0 !== (pcm[at - 1] ?? 0) < 0) crossings++;
  return crossings / 2;
}

describe("a WAV file as speech", () => {
  it.each([
    { sampleRate: 8000 },
    { sampleRate: 22_050, channels: 2 },
    { sampleRate: 44_100, bits: 24 },
    { sampleRate: 48_000, channels: 2, bits: 32 },
    { sampleRate: 16_000, bits: 8 },
    { sampleRate: 44_100, bits: 32, kind: 3 },
  ])("keeps length, pitch and loudness: %j", (facts) => {
    const file = waveFile(facts.sampleRate * 2, facts, tone(facts.sampleRate));
    const pcm = samples(monoPcm(readWave(file), 24_000));
    expect(pcm.length).toBe(48_000);
    expect(Math.abs(cyclesOf(pcm) - 440)).toBeLessThanOrEqual(1);
    expect(Math.max(...pcm.subarray(1000, 2000)) / 32_767).toBeCloseTo(0.5, 1);
  });

  it("mixes its channels", () => {
    const file = waveFile(100, { sampleRate: 24_000, channels: 2 }, (_, channel) => (channel === 0 ? 0.5 : -0.5));
    expect([...samples(monoPcm(readWave(file), 24_000))].every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it("is read as far as it goes when the recording broke off", () => {
    const file = waveFile(24_000, { sampleRate: 24_000 }, tone(24_000));
    expect(monoPcm(readWave(file.subarray(0, -24_000)), 24_000).byteLength).toBe(24_000);
  });

  it.each([
    ["no data", waveFile(10, { sampleRate: 8000 }, () => 0).subarray(0, 40)],
    ["only a name", Buffer.from("RIFF\0\0\0\0WAVE", "latin1")],
    ["a compressed format", waveFile(10, { sampleRate: 8000, kind: 2 }, () => 0)],
    ["no channels", waveFile(0, { sampleRate: 8000, channels: 0 }, () => 0)],
  ])("is refused with %s", (_, file) => {
    expect(() => readWave(file)).toThrow(expect.objectContaining({ name: "InputError", field: "file" }));
  });
});
