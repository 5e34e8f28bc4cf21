import type { ModelImage } from "../../agent/model.ts";
import type { Attachment } from "../../protocol/attachments.ts";
import { reducedImageUrl } from "../../protocol/media-hosts.ts";
import { attachmentLimits } from "./limits.ts";
import type { Fetching } from "./reading.ts";

const { image: limits } = attachmentLimits;

/** For the model to see; undefined where that is not possible in time. Never rejects. */
export async function seePicture(
  attachment: Attachment,
  { download, signal }: Fetching,
): Promise<ModelImage | undefined> {
  for (const url of sizesOf(attachment)) {
    const bytes = await download(url, limits.bytes, signal).catch(() => undefined);
    const type = bytes && imageType(bytes);
    if (bytes && type) return { url: `data:${type};base64,${Buffer.from(bytes).toString("base64")}` };
    if (signal.aborted) return undefined;
  }
  return undefined;
}

/** QQ's middle size first where the picture is large, since providers charge by the pixel. */
function sizesOf({ url, size = 0, width = 0, height = 0 }: Attachment): string[] {
  const isLarge = size > limits.reduceAboveBytes || Math.max(width, height) > limits.reduceAbovePixels;
  const reduced = isLarge ? reducedImageUrl(url) : undefined;
  return [reduced, url].filter((address) => address !== undefined && address !== "") as string[];
}

/** Of the types that vision models take, by content: names and headers lie. */
export function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(head)) return "image/gif";
  return head.startsWith("RIFF") && head.slice(8) === "WEBP" ? "image/webp" : undefined;
}
