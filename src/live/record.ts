import { createHash } from "node:crypto";
import { z } from "zod";
import { InputError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { redactText } from "../core/redact.ts";
import { scenes } from "../protocol/scenes.ts";
import type { Answer } from "./ask.ts";

const json = z.json() as z.ZodType<Json>;

/** What was seen of a platform, without ids, secrets and anybody's words. */
const record = z.strictObject({
  format: z.literal("qq-skill live record 1"),
  made_by: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Host of the API. */
  platform: z.string(),
  /** Hash of the app id: tells records of one bot from those of others. */
  bot: z.string(),
  scene: z.enum(scenes).nullable(),
  answers: z.array(
    z.strictObject({
      question: z.string(),
      seen: z.record(z.string(), json).optional(),
      not_asked: z.string().optional(),
      sent: z.int().optional(),
      recalled: z.int().optional(),
    }),
  ),
});
export type LiveRecord = z.infer<typeof record>;

export interface RecordFacts {
  version: string;
  at: Date;
  platform: string;
  appId: string;
  scene: LiveRecord["scene"];
  answers: readonly Answer[];
  /** Ids and secrets that must not be in it, whatever a platform may have put where. */
  hidden: readonly string[];
}

export function makeRecord({ version, at, platform, appId, scene, answers, hidden }: RecordFacts): LiveRecord {
  const made: LiveRecord = {
    format: "qq-skill live record 1",
    made_by: `qq-skill ${version}`,
    at: at.toISOString(),
    platform,
    bot: hashOf(appId),
    scene,
    answers: answers.map(({ question, seen, notAsked, sent, recalled }) => ({
      question,
      ...(seen === undefined ? {} : { seen }),
      ...(notAsked === undefined ? {} : { not_asked: notAsked }),
      ...(sent === undefined ? {} : { sent, recalled }),
    })),
  };
  return JSON.parse(redactText(JSON.stringify(made), hidden)) as LiveRecord;
}

function hashOf(id: string): string {
  return createHash("sha256").update(`qq-skill live ${id}`).digest("hex").slice(0, 12);
}

/** Throws InputError for text that is no record. */
export function parseRecord(text: string): LiveRecord {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new InputError("record", "the record is not JSON", { cause: error });
  }
  const parsed = record.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError("record", `the record is none: ${issue?.path.join(".") || "it"}: ${issue?.message}`, {
    remedy: "Give a file that `qq-skill doctor --live` wrote.",
  });
}
