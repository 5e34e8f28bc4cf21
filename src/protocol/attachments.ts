import { type Fields, listOf, numberOf, textOf } from "./fields.ts";

export interface Attachment {
  kind: "image" | "voice" | "video" | "file";
  /** With a scheme; "" when the platform sent none. Expires after hours. */
  url: string;
  contentType?: string;
  name?: string;
  size?: number;
  width?: number;
  height?: number;
  /** The platform's own transcript of a voice message. */
  asr?: string;
  wavUrl?: string;
}

const imageName = /\.(png|jpe?g|gif|webp|bmp|heic)$/i;
const videoName = /\.(mp4|mov|avi|mkv|webm|m4v)$/i;
const voiceName = /\.(silk|slk|amr)$/i;

/** Attachments of a message of either family, or of a quoted element. */
export function readAttachments(from: unknown): Attachment[] {
  return listOf(from).map(readAttachment);
}

function readAttachment(from: Fields): Attachment {
  const contentType = textOf(from, "content_type");
  const name = textOf(from, "filename");
  const found: Attachment = { kind: kindOf(contentType, name), url: httpsUrl(textOf(from, "url")) };
  const [size, width, height] = [numberOf(from, "size"), numberOf(from, "width"), numberOf(from, "height")];
  const asr = textOf(from, "asr_refer_text");
  const wavUrl = textOf(from, "voice_wav_url");
  if (contentType !== undefined) found.contentType = contentType;
  if (name !== undefined) found.name = name;
  if (size !== undefined) found.size = size;
  if (width) found.width = width;
  if (height) found.height = height;
  if (asr !== undefined) found.asr = asr;
  if (wavUrl !== undefined) found.wavUrl = httpsUrl(wavUrl);
  return found;
}

function kindOf(contentType: string | undefined, name: string | undefined): Attachment["kind"] {
  const type = contentType?.toLowerCase() ?? "";
  if (type.startsWith("image/")) return "image";
  if (type.startsWith("video/")) return "video";
  if (type === "voice") return "voice";
  // Music is a file; only QQ's recordings are voice.
  if (type.startsWith("audio/")) return voiceName.test(name ?? "") || /silk|amr/.test(type) ? "voice" : "file";
  if (type !== "") return "file";
  if (name === undefined || imageName.test(name)) return "image";
  if (videoName.test(name)) return "video";
  return voiceName.test(name) ? "voice" : "file";
}

/** Guild attachments come without a scheme (`gchat.qpic.cn/…`, `//host/…`). */
function httpsUrl(url: string | undefined): string {
  if (!url) return "";
  if (url.startsWith("//")) return `https:${url}`;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`;
}
