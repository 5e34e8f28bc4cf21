import { withDeadline } from "../../agent/deadline.ts";
import type { ModelImage } from "../../agent/model.ts";
import { orAborted } from "../../core/abort.ts";
import type { Clock } from "../../core/clock.ts";
import type { Turn } from "../../engine/turn-engine.ts";
import type { Attachment } from "../../protocol/attachments.ts";
import type { Incoming } from "../../protocol/incoming.ts";
import { describeAttachment } from "./description.ts";
import { attachmentLimits } from "./limits.ts";
import { seePicture } from "./pictures.ts";
import { isSmallText, textInWords } from "./text-file.ts";
import { type Transcribe, voiceInWords } from "./voice.ts";

/** How the bot gets at what people send beside their words. */
export interface Senses {
  /** See rest/download: QQ's own hosts alone. */
  download(url: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Without it, voice is known by QQ's own transcript alone. */
  transcribe?: Transcribe;
}

export interface Fetching {
  download: Senses["download"];
  signal: AbortSignal;
}

/** Event id of a message -> words for each of its attachments, in order. JSON: a step keeps it. */
export type AttachmentWords = { [eventId: string]: string[] };

interface Reading {
  senses?: Senses;
  clock: Clock;
  turn: Turn;
}

/**
 * Transcripts and the text of small files, as a step of the turn: they are paid for and fetched once. Messages without
 * such attachments cost no step. Never rejects but with the turn's own end.
 */
export async function readAttachments(heard: readonly Incoming[], reading: Reading): Promise<AttachmentWords> {
  const { senses, turn, clock } = reading;
  if (!senses) return {};
  const left: Record<"voice" | "file", number> = {
    voice: attachmentLimits.voice.perTurn,
    file: attachmentLimits.file.perTurn,
  };
  const isRead = (attachment: Attachment) => {
    const kind = readKind(attachment, senses);
    return kind !== undefined && left[kind]-- > 0;
  };
  const plan = heard.map(({ eventId, attachments }) => ({
    eventId,
    attachments: attachments.map((attachment) => ({ attachment, isRead: isRead(attachment) })),
  }));
  const needed = plan.filter(({ attachments }) => attachments.some((one) => one.isRead));
  if (needed.length === 0) return {};
  return await turn.step("attachments", async ({ signal }) => {
    const words = await Promise.all(
      needed.map(({ attachments }) =>
        Promise.all(
          attachments.map((one) =>
            one.isRead ? inWords(one.attachment, { senses, clock, signal }) : describeAttachment(one.attachment),
          ),
        ),
      ),
    );
    signal.throwIfAborted();
    return Object.fromEntries(needed.map(({ eventId }, index) => [eventId, words[index] as string[]]));
  });
}

function readKind(attachment: Attachment, { transcribe }: Senses): "voice" | "file" | undefined {
  if (isSmallText(attachment)) return "file";
  return attachment.kind === "voice" && !attachment.asr && transcribe ? "voice" : undefined;
}

async function inWords(
  attachment: Attachment,
  { senses, clock, signal: outer }: { senses: Senses; clock: Clock; signal: AbortSignal },
): Promise<string> {
  const { download, transcribe } = senses;
  const limits = attachment.kind === "voice" ? attachmentLimits.voice : attachmentLimits.file;
  const { signal, clear } = withDeadline(clock, limits.waitMs, outer);
  try {
    if (attachment.kind === "voice" && transcribe) {
      return await orAborted(voiceInWords(attachment, { download, signal }, transcribe), signal);
    }
    return textInWords(attachment, await orAborted(download(attachment.url, limits.bytes, signal), signal));
  } catch {
    return describeAttachment(attachment, "its content could not be fetched");
  } finally {
    clear();
  }
}

/**
 * The newest pictures of what is answered, those of quotes after the speakers' own; fewer where they cannot be had in time.
 * No step: they are too large to keep, and an attempt after a crash fetches them again.
 */
export async function seePictures(heard: readonly Incoming[], { senses, clock, turn }: Reading): Promise<ModelImage[]> {
  const own = heard.flatMap(({ attachments }) => attachments);
  const quoted = heard.flatMap(({ quote }) => quote?.attachments ?? []);
  const pictures = [...own, ...quoted].filter(({ kind, url }) => kind === "image" && url !== "");
  if (!senses || pictures.length === 0) return [];
  const { perTurn, waitMs } = attachmentLimits.image;
  const { signal, clear } = withDeadline(clock, waitMs, turn.signal);
  const fetching = { download: senses.download, signal };
  try {
    const seen = await Promise.all(
      pictures
        .slice(0, perTurn)
        .map((picture) => orAborted(seePicture(picture, fetching), signal).catch(() => undefined)),
    );
    turn.signal.throwIfAborted();
    return seen.filter((picture) => picture !== undefined);
  } finally {
    clear();
  }
}
