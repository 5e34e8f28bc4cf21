import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { uploadLimits } from "../protocol/limits.ts";

/** What upload_prepare asks for, in lower-case hex. */
export interface Digests {
  md5: string;
  sha1: string;
  /** Of the first 10,002,432 bytes; of everything when there are fewer. */
  md5_10m: string;
}

const sliceBytes = 4 * 1024 * 1024;

/** In slices, so that 200 MB do not hold up everything else in this process. */
export async function digestsOf(bytes: Uint8Array): Promise<Digests> {
  const md5 = createHash("md5");
  const sha1 = createHash("sha1");
  for (let at = 0; at < bytes.byteLength; at += sliceBytes) {
    const slice = bytes.subarray(at, at + sliceBytes);
    md5.update(slice);
    sha1.update(slice);
    await nextTurn();
  }
  return {
    md5: md5.digest("hex"),
    sha1: sha1.digest("hex"),
    md5_10m: md5Of(bytes.subarray(0, uploadLimits.md5HeadBytes)),
  };
}

export function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
