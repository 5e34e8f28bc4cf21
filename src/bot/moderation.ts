import { withDeadline } from "../agent/deadline.ts";
import type { TurnScene } from "./turn.ts";

export interface Moderation {
  /** Whether a text must not stand. Rejects when it gives no verdict. */
  flags(text: string, signal: AbortSignal): Promise<boolean>;
  /** What no verdict counts as. */
  failing: "block" | "pass";
}

const limitMs = 10_000;

/** Whether a text may stand; always, where nobody is asked. Does not reject but when the turn is cut. */
export async function mayStand(
  { bot, tracer, lane }: Pick<TurnScene, "bot" | "tracer" | "lane">,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (!bot.moderation || text.trim() === "") return true;
  const deadline = withDeadline(bot.clock, limitMs, signal);
  try {
    const isFlagged = await bot.moderation.flags(text, deadline.signal);
    if (isFlagged) tracer.note({ kind: "decided", what: "moderation: flagged" });
    return !isFlagged;
  } catch (error) {
    if (signal.aborted) throw error;
    const { failing } = bot.moderation;
    bot.log.error({ conversation: lane, error }, `moderation gives no verdict: ${failing}`);
    tracer.note({ kind: "decided", what: `moderation: no verdict, so ${failing}` });
    return failing === "pass";
  } finally {
    deadline.clear();
  }
}

/** What people said, before anything else sees it; as the step "moderate-heard". */
export async function heardMayStand(scene: TurnScene): Promise<boolean> {
  const { bot, turn, lines } = scene;
  if (!bot.moderation) return true;
  const text = lines.map((line) => line.text).join("\n");
  return await turn.step("moderate-heard", ({ signal }) => mayStand(scene, text, signal));
}
