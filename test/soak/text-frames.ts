interface SeenFrame {
  op: number;
  t?: string;
  s?: number;
  id?: string;
  d?: unknown;
}

/** Reads the JSON text frames out of what a WebSocket server writes: unmasked, unfragmented, behind its HTTP answer. */
export class TextFrames {
  #bytes = Buffer.alloc(0);
  #isUpgraded = false;

  read(chunk: Buffer): SeenFrame[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.#isUpgraded) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end === -1) return [];
      this.#isUpgraded = true;
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    const frames: SeenFrame[] = [];
    for (let next = this.#next(); next; next = this.#next()) if (next.isText) frames.push(JSON.parse(next.text));
    return frames;
  }

  #next(): { isText: boolean; text: string } | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const short = (bytes[1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < header) return undefined;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < header + size) return undefined;
    this.#bytes = bytes.subarray(header + size);
    return { isText: ((bytes[0] ?? 0) & 0x0f) === 1, text: bytes.toString("utf8", header, header + size) };
  }
}
