import { describe, expect, it } from "vitest";
import { readImage } from "../../../src/operations/image-size.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
/** Start, an application segment of 6 bytes, a table, then the frame header of 300 x 200 pixels. */
const jpeg = bytes(
  ...[0xff, 0xd8, 0xff, 0xe0, 0, 6, 1, 2, 3, 4, 0xff, 0xc4, 0, 3, 9],
  ...[0xff, 0xc2, 0, 11, 8, 0, 200, 1, 44, 1, 1, 0x11, 0],
);

describe("readImage", () => {
  it("finds the frame of a JPEG behind other segments", () => {
    expect(readImage(jpeg)).toEqual({ type: "image/jpeg", width: 300, height: 200 });
  });

  it("reads a PNG that lies inside a larger buffer", () => {
    const png = Buffer.from("xx\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x8a\0\0\0\x05", "latin1").subarray(2);
    expect(readImage(png)).toEqual({ type: "image/png", width: 650, height: 5 });
  });

  it("knows no other file, and no cut or broken one", () => {
    for (const wrong of [bytes(), bytes(0xff, 0xd8, 0xff), jpeg.subarray(0, 18), bytes(0x52, 0x49, 0x46, 0x46)]) {
      expect(readImage(wrong)).toBeUndefined();
    }
    // A length of zero must not keep the reader at one place.
    expect(readImage(bytes(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined();
  });
});
