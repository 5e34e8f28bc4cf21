import type { ToolContext, ToolResult } from "../agent/loop.ts";
import type { Turn } from "../engine/turn-engine.ts";
import type { ChatApproval, Unconfirmed } from "../operations/confirmation.ts";
import type { Operation } from "../operations/operation.ts";
import { placesOf } from "../operations/scope.ts";
import type { Incoming } from "../protocol/incoming.ts";
import type { KeyboardInput } from "../protocol/keyboard.ts";
import { conversationKey } from "../protocol/scenes.ts";
import { cutToLength } from "../protocol/text-width.ts";
import type { Answer, PendingCall, PendingCalls } from "../store/pending-calls.ts";
import { needsWord } from "./administration.ts";
import { withoutMassMention } from "./mass-mention.ts";
import { phraseFor } from "./phrases.ts";
import { callerOf, personOf } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

/** An owner's turn reaches so many other places by itself; more is a mailing, and somebody has to want it. */
const freePlaces = 3;
/** Per turn. A crash forgets them, and gives the turn as many again. */
const reached = new WeakMap<Turn, Set<string>>();

/** What the model does only with a person's word, and what is kept for whoever gives it. */
export function approvalFor({ turn, last, place }: TurnScene): ChatApproval {
  const own = conversationKey(place.conversation);
  return {
    isNeeded(operation, input) {
      if (needsWord(operation)) return true;
      if (operation.permission !== "send") return false;
      const places = reached.get(turn) ?? new Set<string>();
      reached.set(turn, places);
      for (const there of placesOf(operation, input)) if (there !== own) places.add(there);
      return places.size > freePlaces;
    },
    facts: { askedBy: personOf(last), language: last.text.slice(0, 200) },
  };
}

/** Who asked, and a text in their language. */
export function factsOf({ facts }: PendingCall): { askedBy: string; language: string } {
  const { askedBy, language } = facts as { askedBy: string; language: string };
  return { askedBy, language };
}

/** Asks the people of the conversation, with buttons where they are allowed, and tells the model that it waits. */
export async function askForWord(
  scene: TurnScene,
  { operation, output }: { operation: Operation; output: Unconfirmed },
  { key, signal }: ToolContext,
): Promise<ToolResult> {
  const { bot, place, last, right } = scene;
  const { plan, call_id: id = "" } = output.confirmation;
  const context = bot.contextFor(callerOf({ right, place, replyTo: last.replyTo }));
  const canReply = last.replyTo.msgId !== undefined || last.replyTo.eventId !== undefined;
  const { notes } = await context.delivery.deliver(
    {
      ...place.conversation,
      text: withoutMassMention(questionOf(scene, { id, operation, plan }), "public"),
      format: "markdown",
      keyboard: keyboardOf({ id, calls: context.approvals.calls, last, people: bot.roster.leaders(last) }),
      ...(canReply ? { replyTo: last.replyTo } : {}),
      ...{ key: `${key}/word`, keepsLast: true, mayWait: true },
    },
    signal,
  );
  scene.tracer.note({ kind: "reply", text: `asked for approval #${id}: ${operation.name}`, notes });
  const told =
    "Not done yet: an admin or owner of the bot was asked here, with buttons, for 10 minutes. It runs by itself when approved, and the outcome is posted here. Say that it waits; do not call the tool again, and do not say that it is done.";
  return { ok: true, content: JSON.stringify({ status: "waiting_for_approval", request: id, told }) };
}

/** `Recall a message (撤回消息)`: the part in the asker's language. */
export function titleOf({ title }: Pick<Operation, "title">, words: string): string {
  const [, english = title, chinese = title] = /^(.*?)\s*\((.*)\)$/.exec(title) ?? [];
  return phraseFor(words, { chinese, english });
}

function questionOf(scene: TurnScene, options: { id: string; operation: Operation; plan: string }): string {
  const { last } = scene;
  const { id, operation, plan } = options;
  const who = (last.sender.name ?? "").replace(/[\s\p{C}]+/gu, " ").slice(0, 24) || last.sender.id.slice(-6);
  const say = (chinese: string, english: string) => phraseFor(last.text, { chinese, english });
  const title = titleOf(operation, last.text);
  return [
    say(`需要批准 #${id}：${title}`, `Approval needed #${id}: ${title}`),
    ...detailsOf(scene, plan),
    // A line of its own, or markdown takes it into the list.
    "",
    operation.undo === undefined
      ? say("做了就不能撤销。", "It cannot be undone.")
      : say(`撤销办法：${operation.undo}`, `To undo it: ${operation.undo}`),
    say(`提出的人：${who}。十分钟内有效。`, `Asked for by ${who}; valid for ten minutes.`),
    say(
      `管理员按下面的按钮，或发送 /批准 ${id}、/拒绝 ${id}`,
      `An admin presses a button, or sends /approve ${id} or /deny ${id}`,
    ),
  ].join("\n");
}

/** The plan's fields, but for this place, which everybody sees; a message by its words, where they are known. */
function detailsOf({ bot, lane, last, place }: TurnScene, plan: string): string[] {
  const here = [place.conversation.scene, place.conversation.id, place.guildId].map((value) => JSON.stringify(value));
  return plan.split("\n").flatMap((line) => {
    const [, field, value = ""] = /^- (\w+): (.*)$/.exec(line) ?? [];
    if (field === undefined) return line.startsWith("- ") ? [line] : [];
    if (here.includes(value)) return [];
    const words = field === "message_id" ? bot.history.find(lane, value.replaceAll('"', ""))?.text : undefined;
    if (words === undefined) return [line];
    const brief = cutToLength(words.replace(/\s+/g, " "), 80);
    return [phraseFor(last.text, { chinese: `- 消息：“${brief}”`, english: `- message: "${brief}"` })];
  });
}

/** Button data: this, the answer, the id and its signature. */
const mark = "qq-skill-word";

function keyboardOf(options: { id: string; calls: PendingCalls; last: Incoming; people: readonly string[] }) {
  const { id, calls, last, people } = options;
  const button = (answer: Answer, label: string, style: 1 | 0) => ({
    id: answer,
    group_id: id,
    render_data: { label, visited_label: `${label} ✓`, style },
    action: {
      type: 1 as const,
      data: [mark, answer, id, calls.signature(id, answer)].join(":"),
      permission: { type: 0 as const, specify_user_ids: [...new Set([last.sender.id, ...people])] },
    },
  });
  const label = (chinese: string, english: string) => phraseFor(last.text, { chinese, english });
  const keyboard: KeyboardInput = {
    content: {
      rows: [{ buttons: [button("approve", label("批准", "Approve"), 1), button("deny", label("拒绝", "Deny"), 0)] }],
    },
  };
  return keyboard as Record<string, unknown>;
}

/** The word that a click on one of our buttons says; its signature is still to be checked. */
export function wordOf({ kind, button }: Pick<Incoming, "kind" | "button">) {
  const [found, answer, id, signature] = (kind === "interaction" ? (button?.data ?? "") : "").split(":");
  if (found !== mark || id === undefined || signature === undefined) return undefined;
  return answer === "approve" || answer === "deny" ? { answer: answer as Answer, id, signature } : undefined;
}
