import { fileTypeFromBuffer } from "file-type";
import { InputError } from "../core/errors.ts";
import { mediaLimits, uploadLimits } from "../protocol/limits.ts";
import { fileTypes, mediaFormats, mediaKindOf } from "../protocol/media.ts";
import { isPublicUrl } from "../protocol/public-url.ts";

/** QQ's file_type: 1 image, 2 video, 3 voice, 4 file. */
export type FileType = 1 | 2 | 3 | 4;

const kinds = { 1: "image", 2: "video", 3: "voice", 4: "file" } as const;

export interface MediaFile {
  fileType: FileType;
  /** By content, e.g. `png`; undefined for plain text and unknown bytes. */
  extension: string | undefined;
}

/** What to do about a file above the platform's limit. */
export const tooLarge = "Send a smaller one, or say in a text where it can be had.";

/**
 * The file_type of some bytes, by content and never by name; above the soft limit of its kind a file is sent as a file.
 * Throws InputError when it is empty, larger than the platform takes, or not what `wanted` asks for.
 */
export async function classifyMedia(bytes: Uint8Array, wanted?: FileType): Promise<MediaFile> {
  if (bytes.byteLength === 0)
    throw new InputError("file", "the file is empty", { remedy: "Give a file with something in it." });
  if (bytes.byteLength > mediaLimits.file.hardBytes) {
    throw new InputError("file", `the file has ${megabytes(bytes)} MB; the platform takes at most 200 MB`, {
      remedy: tooLarge,
    });
  }
  const extension = isSilk(bytes) ? "silk" : extensionOf(await fileTypeFromBuffer(bytes));
  const natural = fileTypes[mediaKindOf(extension ?? "")];
  const fileType = wanted ?? natural;
  if (fileType !== 4 && fileType !== natural) {
    const found = extension === undefined ? "no known media format" : `of the format ${extension}`;
    const kind = kinds[fileType];
    throw new InputError("file_type", `this is not a ${kind} that QQ takes: the content is ${found}`, {
      expected: `${mediaFormats[kind].join(", ")} for ${kind}`,
      remedy: `Leave file_type out, or use 4 (file)${kind === "voice" ? "; or say it as text with send_message" : ""}.`,
    });
  }
  return { fileType: bytes.byteLength > mediaLimits[kinds[fileType]].softBytes ? 4 : fileType, extension };
}

/** The body of a one-call upload; fields of `extra` (srv_send_msg, file_name) win but for the bytes. */
export async function uploadBody(
  file: { name: string; bytes: Uint8Array },
  extra: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (file.bytes.byteLength > uploadLimits.simpleBytes) {
    throw new InputError("file", `the file has ${megabytes(file.bytes)} MB; one upload call takes at most 20 MB`, {
      remedy: "Upload it with upload_media, which sends large files in parts.",
    });
  }
  const wanted = extra.file_type;
  const { fileType } = await classifyMedia(file.bytes, isFileType(wanted) ? wanted : undefined);
  const { buffer, byteOffset, byteLength } = file.bytes;
  return {
    ...{ srv_send_msg: false, file_name: file.name },
    ...extra,
    ...{ file_type: fileType, file_data: Buffer.from(buffer, byteOffset, byteLength).toString("base64") },
  };
}

/** A guild message with its image in it: fields that are objects go as JSON text. Throws InputError for anything but an image. */
export async function imageForm(
  file: { name: string; bytes: Uint8Array },
  fields: Record<string, unknown>,
): Promise<FormData> {
  const { extension, fileType } = await classifyMedia(file.bytes, 1);
  if (fileType !== 1) {
    throw new InputError("file_image", `the image has ${megabytes(file.bytes)} MB; the platform takes at most 20 MB`);
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  const type = `image/${extension === "jpg" ? "jpeg" : extension}`;
  form.append("file_image", new Blob([Buffer.from(file.bytes)], { type }), file.name);
  return form;
}

/** The platform downloads it itself, so it must be reachable for it. */
export function checkMediaUrl(url: string, field: string): void {
  if (isPublicUrl(url)) return;
  throw new InputError(field, `${field} must be a public http(s) address`, { expected: "https://…" });
}

function isFileType(value: unknown): value is FileType {
  return value === 1 || value === 2 || value === 3 || value === 4;
}

function extensionOf(found: { ext: string } | undefined): string | undefined {
  if (!found) return undefined;
  // Same container, other names: an Opus voice is an Ogg file, an animated PNG a PNG, an iPhone video an MP4.
  const aliases: Readonly<Record<string, string>> = { apng: "png", opus: "ogg", oga: "ogg", m4v: "mp4" };
  return aliases[found.ext] ?? found.ext;
}

/** QQ's voice format, with or without the leading byte that Tencent's encoder adds. */
function isSilk(bytes: Uint8Array): boolean {
  const start = bytes[0] === 0x02 ? 1 : 0;
  return Buffer.from(bytes.subarray(start, start + 9)).toString("latin1") === "#!SILK_V3";
}

function megabytes(bytes: Uint8Array): string {
  return (bytes.byteLength / 1024 / 1024).toFixed(1);
}
