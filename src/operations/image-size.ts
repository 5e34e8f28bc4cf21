export interface ImageFacts {
  type: "image/png" | "image/jpeg" | "image/gif";
  width: number;
  height: number;
}

/** Type and pixels by content; undefined for anything but a PNG, JPEG or GIF. */
export function readImage(bytes: Uint8Array): ImageFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = Buffer.from(bytes.subarray(0, 8)).toString("latin1");
  if (head === "\x89PNG\r\n\x1a\n" && bytes.length >= 24) {
    return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (/^GIF8[79]a/.test(head) && bytes.length >= 10) {
    return { type: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  return head.startsWith("\xff\xd8\xff") ? readJpeg(view) : undefined;
}

/** The size stands in the first frame header; markers before it are skipped by their length. */
function readJpeg(view: DataView): ImageFacts | undefined {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}
