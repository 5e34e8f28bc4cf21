import { QQError } from "../core/errors.ts";
import { callOperation } from "../operations/call.ts";
import { callerOf } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

/** A turn that is quicker shows its answer, not its typing. */
const patienceMs = 2_000;
/** The longest that one notice may last, and when the next follows. */
const shownSeconds = 60;
const againMs = 50_000;
/** Each may cost a reply (unconfirmed), and a private chat has four: two leave one for the answer and one for the rest. */
const mostNotices = 2;

/**
 * "Typing…" in private chats while the turn takes longer. The outbox counts it like every other reply, and the last one is
 * kept for the answer. Returns the way to end it; the client takes the notice away when a message comes.
 */
export function showTyping(scene: TurnScene): () => void {
  const { bot, last, place } = scene;
  const { msgId } = last.replyTo;
  if (place.conversation.scene !== "c2c" || msgId === undefined) return () => {};
  let cancel = bot.clock.after(patienceMs, () => void show(1));
  let isOver = false;
  const show = async (notice: number) => {
    const isShown = await sendNotice(scene, msgId);
    if (isShown && !isOver && notice < mostNotices) cancel = bot.clock.after(againMs, () => void show(notice + 1));
  };
  return () => {
    isOver = true;
    cancel();
  };
}

/** Never rejects: without it the answer comes all the same. */
async function sendNotice({ bot, turn, last, place, right, lane }: TurnScene, msgId: string): Promise<boolean> {
  const operation = bot.operations.find(({ name }) => name === "send_c2c_message");
  const context = bot.contextFor(callerOf({ right, place, replyTo: last.replyTo }));
  const { id } = place.conversation;
  const trial = { ...place.conversation, text: "…", replyTo: last.replyTo, keepsLast: true };
  try {
    if (!operation || context.delivery.preview(trial).mode !== "passive") return false;
    const notify = { input_type: 1, input_second: shownSeconds };
    const input = { user_openid: id, msg_type: 6, input_notify: notify, msg_id: msgId };
    await callOperation(operation, context, input, turn.signal);
    return true;
  } catch (error) {
    if (turn.signal.aborted) return false;
    const reason = error instanceof QQError ? error.code : "bug";
    bot.log.info({ conversation: lane, reason, error }, "the typing state could not be shown");
    return false;
  }
}
