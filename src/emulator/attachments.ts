import { z } from "zod";
import { InputError } from "../core/errors.ts";
import type { Scene } from "../protocol/scenes.ts";
import type { Platform } from "./platform.ts";

/** What somebody sends beside their words; `data` is base64. The other fields go to the bot as they are. */
export const attachmentInput = z.strictObject({
  filename: z.string().min(1).max(200),
  content_type: z.string().min(1).max(100).describe("MIME type, voice or file"),
  data: z
    .string()
    .min(1)
    .max(30_000_000)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, "must be base64"),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
  asr_refer_text: z.string().max(5_000).optional(),
});

/** As events carry it. The real platform leaves the scheme out in guilds, where it is https. */
export type WireAttachment = Omit<z.infer<typeof attachmentInput>, "data"> & { url: string; size: number };

const lifeMs = 24 * 3_600_000;

/** Keeps the contents for whoever has the address. Throws InputError for a file without content. */
export function storeAttachments(
  platform: Platform,
  scene: Scene,
  given: readonly z.infer<typeof attachmentInput>[],
): WireAttachment[] {
  return given.map(({ data, ...facts }) => {
    const bytes = new Uint8Array(Buffer.from(data, "base64"));
    if (bytes.length === 0) throw new InputError("attachments", "an attachment must not be empty");
    const fileType = facts.content_type.startsWith("image/") ? 1 : 4;
    const expiresAt = platform.clock.now() + lifeMs;
    const { uuid } = platform.files.add({ scene, fileType, expiresAt, name: facts.filename, bytes });
    return { ...facts, url: `${platform.url}/_emulator/files/${uuid}`, size: bytes.length };
  });
}
