import { z } from "zod";
import { conversationPatternForms, isConversationPattern } from "../protocol/conversation-pattern.ts";
import { fromJson, text } from "./values.ts";

export const modes = ["mention", "keyword", "judged", "all", "off"] as const;
export const busyPolicies = ["queue", "merge", "latest"] as const;
export const aiLabels = ["off", "first", "always"] as const;
export const talkPolicies = ["open", "pairing", "allowlist", "off"] as const;
export const quietHours = text.regex(
  /^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/,
  "must be from-to, as in 23:00-07:00",
);
export const chance = z.coerce.number().min(0).max(1);
export const seconds = z.coerce.number().int().min(0).max(86_400);
export const perMinute = z.coerce.number().int().min(1).max(1_000);

/** What may differ from one conversation to the next; the general settings say what holds elsewhere. */
const conversation = z.strictObject({
  mode: z.enum(modes).optional(),
  wakeWords: z.array(text).optional(),
  busy: z.enum(busyPolicies).optional(),
  judgeChance: chance.optional(),
  judgeCooldownSeconds: seconds.optional(),
  quietHours: quietHours.optional(),
  model: text.optional(),
  aiLabel: z.enum(aiLabels).optional(),
  perPersonPerMinute: perMinute.optional(),
  perGroupPerMinute: perMinute.optional(),
  persona: text.optional(),
  talk: z.enum(talkPolicies).optional(),
});

export const conversations = fromJson(
  z.record(z.string().refine(isConversationPattern), conversation, {
    error: ({ code }) =>
      code === "invalid_key"
        ? `must be one of ${conversationPatternForms}`
        : "must be a JSON object: pattern -> {mode, wakeWords, busy, …}",
  }),
);
