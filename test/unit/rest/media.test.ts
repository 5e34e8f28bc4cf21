import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { classifyMedia } from "../../../src/rest/media.ts";

const megabyte = 1024 * 1024;
const bytes = (head: readonly number[] | string, size = 64) => {
  const all = new Uint8Array(size);
  all.set(typeof head === "string" ? Buffer.from(head, "latin1") : head);
  return all;
};
const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
const mp4 = [0, 0, 0, 0x18, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6f, 0x6d];

describe("classifyMedia", () => {
  it.each([
    ["png", bytes(png), 1],
    ["jpeg", bytes([0xff, 0xd8, 0xff, 0xe0]), 1],
    ["gif", bytes("GIF89a"), 1],
    ["mp4", bytes(mp4), 2],
    ["silk", bytes("#!SILK_V3"), 3],
    ["Tencent's silk", bytes("\x02#!SILK_V3"), 3],
    ["mp3", bytes("ID3\x03\0\0\0\0\0\0\xff\xfb\x90\0"), 3],
    ["pdf", bytes("%PDF-1.7"), 4],
    ["plain text", bytes("hello"), 4],
  ] as const)("knows %s by its content", async (_, content, fileType) => {
    expect(await classifyMedia(content)).toMatchObject({ fileType });
  });

  it("refuses what is not what was asked for, names the format, and lets anything go as a file", async () => {
    const error = await classifyMedia(bytes(mp4), 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ field: "file_type", message: expect.stringContaining("mp4") });
    expect(await classifyMedia(bytes(png), 4)).toMatchObject({ fileType: 4 });
  });

  it("takes at most 20 MB in one call, and nothing empty", async () => {
    expect(await classifyMedia(bytes(png, 20 * megabyte))).toMatchObject({ fileType: 1 });
    await expect(classifyMedia(bytes(png, 20 * megabyte + 1))).rejects.toMatchObject({ field: "file" });
    await expect(classifyMedia(new Uint8Array())).rejects.toMatchObject({ field: "file" });
  });
});
