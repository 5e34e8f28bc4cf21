import { z } from "zod";
import type { mediaLimits } from "./limits.ts";

export type MediaKind = keyof typeof mediaLimits;

/** `file_type` of uploads. Source: upload page of 2026-09. */
export const fileTypes: Readonly<Record<MediaKind, 1 | 2 | 3 | 4>> = { image: 1, video: 2, voice: 3, file: 4 };

export const fileType = z
  .union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)])
  .describe("1 image (png, jpg), 2 video (mp4), 3 voice (silk; mp3, wav, ogg are reported to work), 4 file");

/** File extensions that each kind takes; other content goes as a file. */
export const mediaFormats: Readonly<Record<Exclude<MediaKind, "file">, readonly string[]>> = {
  image: ["png", "jpg", "jpeg", "gif", "webp", "bmp"],
  video: ["mp4"],
  voice: ["silk", "slk", "mp3", "wav", "ogg", "flac"],
};

/** The kind under which content of this extension (without dot) is sent. */
export function mediaKindOf(extension: string): MediaKind {
  const known = Object.entries(mediaFormats).find(([, names]) => names.includes(extension.toLowerCase()));
  return (known?.[0] as MediaKind | undefined) ?? "file";
}

/** `media` of a message: what an upload to the same scene answered. */
export const mediaReference = z.strictObject({
  file_info: z.string().min(1).describe("file_info of an upload to the same scene; expires with its ttl"),
});
