import type { Attachment } from "../../protocol/attachments.ts";
import { cutToLength } from "../../protocol/text-width.ts";
import { attachmentLimits } from "./limits.ts";

/**
 * An attachment as one line of words: `(image: "cat.png", 640x480, 31 kB)`. Whatever in it people chose (name, transcript) stays
 * inside quotation marks. `note` is ours.
 */
export function describeAttachment(attachment: Attachment, note?: string): string {
  const { kind, name, size, width, height, asr } = attachment;
  const facts = [
    name && quotedLine(name, attachmentLimits.nameCharacters),
    width && height && `${width}x${height}`,
    size !== undefined && sizeInWords(size),
    asr && `transcript: ${quotedLine(asr, attachmentLimits.voice.transcriptCharacters)}`,
    note,
  ].filter(Boolean);
  return `(${kind}${facts.length > 0 ? `: ${facts.join(", ")}` : ""})`;
}

/** On one line, in quotation marks that it cannot close. */
export function quotedLine(text: string, limit: number): string {
  const flat = text
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll('"', "'")
    .trim();
  return `"${flat.length <= limit ? flat : `${cutToLength(flat, limit)}…`}"`;
}

export function sizeInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
