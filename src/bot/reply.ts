import { QQError } from "../core/errors.ts";
import type { StepContext } from "../engine/turn-engine.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { saidEntry } from "./conversation.ts";
import { withoutMassMention } from "./mass-mention.ts";
import { callerOf } from "./rights.ts";
import type { TurnScene } from "./turn.ts";
import { finishedWords } from "./voice.ts";

/** So much of a turn is needed to reply. */
export type ReplyScene = Pick<
  TurnScene,
  "bot" | "turn" | "tracer" | "lane" | "place" | "right" | "draft" | "label" | "aside"
> & { last: Pick<Incoming, "eventId" | "replyTo"> };

/** Whose words they are. Those of the model, and of others (settings, reminders), are filtered and kept; the program's own not. */
type Author = "model" | "others" | "program";

/**
 * The turn's one reply, as the step "reply": keyed, so that a repeat after a crash is the same message. Throws what
 * another attempt may mend; a final refusal is logged, traced, and false.
 */
export async function deliverReply(scene: ReplyScene, words: string, author: Author = "program"): Promise<boolean> {
  const { bot, turn, tracer, lane, last, label, aside = "" } = scene;
  try {
    const isModel = author === "model";
    const plain = withoutMassMention(words, scene.right);
    const kept = isModel ? await finishedWords(scene, words) : author === "program" ? plain : bot.filter().mask(plain);
    const text = isModel ? `${label?.on(kept) ?? kept}${aside}` : kept;
    const refs = await turn.step("reply", (step) => deliver(scene, text, step));
    if (author === "program") return true;
    await bot.history.append(lane, saidEntry(refs.length > 0 ? refs : [last.eventId], kept, bot.clock.now()));
    if (isModel) await label?.spend();
    return true;
  } catch (error) {
    if (!(error instanceof QQError) || error.retryable || turn.signal.aborted) throw error;
    bot.log.error({ conversation: lane, code: error.code, remedy: error.remedy }, `a reply failed: ${error.message}`);
    tracer.note({ kind: "failed", error: `${error.message}${error.remedy ? ` (${error.remedy})` : ""}` });
    return false;
  }
}

async function deliver(scene: ReplyScene, text: string, step: StepContext): Promise<string[]> {
  const { idempotencyKey: key, signal } = step;
  const startedAt = scene.bot.clock.now();
  const { bot, tracer, last, place, right } = scene;
  const canReply = last.replyTo.msgId !== undefined || last.replyTo.eventId !== undefined;
  const context = bot.contextFor(callerOf({ right, place, replyTo: last.replyTo, key }));
  const shown = await scene.draft?.finish(text);
  const refs = shown?.refs ?? [];
  if (shown?.rest === "") {
    tracer.note({ kind: "reply", text, notes: ["shown while it was written"] });
    return refs;
  }
  const { parts, notes } = await context.delivery.deliver(
    {
      ...place.conversation,
      ...{ text: shown?.rest ?? text, format: "auto", key, mayWait: true },
      ...(canReply ? { replyTo: last.replyTo } : {}),
    },
    signal,
  );
  tracer.note({ kind: "reply", text, notes, tookMs: bot.clock.now() - startedAt });
  return [...refs, ...parts.flatMap(({ messageId, refIdx }) => [messageId, refIdx].filter((ref) => ref !== undefined))];
}
