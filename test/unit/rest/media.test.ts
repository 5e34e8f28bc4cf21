import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { classifyMedia, imageForm, uploadBody } from "../../../src/rest/media.ts";

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

  it("sends a picture above 20 MB as a file, as the platform would, and takes nothing empty or above 200 MB", async () => {
    expect(await classifyMedia(bytes(png, 20 * megabyte), 1)).toMatchObject({ fileType: 1 });
    expect(await classifyMedia(bytes(png, 20 * megabyte + 1), 1)).toMatchObject({ fileType: 4 });
    await expect(classifyMedia(bytes(png, 200 * megabyte + 1))).rejects.toMatchObject({ field: "file" });
    await expect(classifyMedia(new Uint8Array())).rejects.toMatchObject({ field: "file" });
  });

  it("puts at most 20 MB into the body of one call", async () => {
    const file = (size: number) => ({ name: "a.png", bytes: bytes(png, size) });
    expect(await uploadBody(file(64), {})).toMatchObject({ file_type: 1, file_name: "a.png", srv_send_msg: false });
    await expect(uploadBody(file(20 * megabyte + 1), {})).rejects.toMatchObject({ field: "file" });
  });
});

describe("imageForm", () => {
  const file = { name: "猫.png", bytes: bytes(png) };

  it("puts the image beside its fields, objects as JSON", async () => {
    const form = await imageForm(file, { content: "x", message_reference: { message_id: "m" }, msg_id: undefined });
    expect([...form.keys()]).toEqual(["content", "message_reference", "file_image"]);
    expect(form.get("message_reference")).toBe('{"message_id":"m"}');
    expect(form.get("file_image")).toMatchObject({ name: "猫.png", type: "image/png", size: 64 });
  });

  it.each([
    ["no image", bytes(mp4)],
    ["too large", bytes(png, 20 * megabyte + 1)],
  ])("refuses what is %s", async (_, content) => {
    await expect(imageForm({ ...file, bytes: content }, {})).rejects.toBeInstanceOf(InputError);
  });
});
