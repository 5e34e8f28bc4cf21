import { QQError } from "../../core/errors.ts";
import { callOperation } from "../../operations/call.ts";
import type { Caller } from "../../operations/context.ts";
import type { Operation } from "../../operations/operation.ts";
import type { Incoming } from "../../protocol/incoming.ts";
import { cutToLength } from "../../protocol/text-width.ts";
import type { Answer, Decision, PendingCall, PendingCalls } from "../../store/pending-calls.ts";
import { factsOf, titleOf, wordOf } from "../approvals.ts";
import type { Command, CommandScene } from "../command.ts";
import { type Phrase, phraseFor } from "../phrases.ts";
import { callerOf, personOf } from "../rights.ts";
import { toolText } from "../tool-text.ts";

/** A person's word about a call of the model that waits for it; clicks on its buttons come here, too. */
function wordCommand(answer: Answer, facts: Pick<Command, "chinese" | "aliases" | "summary">): Command {
  return {
    ...{ name: answer, ...facts, usage: "[ID]" },
    least: { alone: "admin", among: "admin" },
    run: (scene) => give(scene, answer),
  };
}

export const approve = wordCommand("approve", {
  chinese: "批准",
  aliases: ["同意"],
  summary: { chinese: "批准等待中的操作", english: "let a waiting call run" },
});

export const deny = wordCommand("deny", {
  chinese: "拒绝",
  aliases: ["reject"],
  summary: { chinese: "拒绝等待中的操作", english: "refuse a waiting call" },
});

async function give(scene: CommandScene, answer: Answer): Promise<string> {
  const { bot, last, lane, say } = scene;
  const { calls } = bot.contextFor(approverOf(scene, "")).approvals;
  const typed =
    last.kind === "interaction" ? clicked(last, answer, calls) : scene.words.replace(/^#/, "").toUpperCase();
  const [id, ...others] = typed === "" ? calls.waiting(lane, last.eventId) : [typed];
  if (id === undefined)
    return say({ chinese: "这里没有等待批准的操作。", english: "Nothing waits for approval here." });
  if (others.length > 0)
    return `${say({ chinese: "请写明是哪一个", english: "Say which one" })}: ${[id, ...others].join(", ")}`;
  const decision = await calls.decide({
    ...{ id, conversation: lane, answer },
    ...{ by: personOf(last), word: last.eventId },
  });
  if (!("call" in decision)) return say(refusals[decision.verdict](id));
  if (decision.verdict === "settled") return decision.outcome;
  const { call, verdict } = decision;
  const { title, told, note, language } = await carryOut(scene, decision);
  const outcome = phraseFor(language, {
    chinese: `#${id} ${title}：${told.chinese}`,
    english: `#${id} ${title}: ${told.english}`,
  });
  if (verdict !== "denied") await calls.settle(id, outcome);
  const text = `your call ${call.operation} (#${id}) that waited for approval: ${note}`;
  await bot.history.append(lane, { key: `note:word:${id}`, role: "note", text, at: bot.clock.now() });
  return outcome;
}

/** The id that a button names, if the platform gave back what we signed. */
function clicked(last: Incoming, answer: Answer, calls: PendingCalls): string {
  const word = wordOf(last);
  return word?.answer === answer && calls.isSigned(word.id, answer, word.signature) ? word.id : "?";
}

const refusals: Readonly<Record<"decided" | "expired" | "unknown", (id: string) => Phrase>> = {
  decided: (id) => ({ chinese: `#${id} 已经处理过了。`, english: `#${id} was decided before.` }),
  expired: (id) => ({
    chinese: `#${id} 已过期，没有执行；还需要的话请再说一次。`,
    english: `#${id} has expired and was not run; ask again if it is still wanted.`,
  }),
  unknown: (id) => ({ chinese: `这里没有等待批准的 #${id}。`, english: `There is no #${id} that waits here.` }),
};

type Decided = Exclude<Extract<Decision, { call: PendingCall }>, { verdict: "settled" }>;

async function carryOut(scene: CommandScene, { verdict, call }: Decided) {
  const { language } = factsOf(call);
  const operation = scene.bot.operations.find(({ name }) => name === call.operation);
  const title = operation ? titleOf(operation, language) : call.operation;
  const tell = (chinese: string, english: string, note = english) => ({
    title,
    language,
    told: { chinese, english },
    note,
  });
  if (verdict === "denied") return tell("已拒绝，没有执行。", "refused, not run.");
  if (verdict === "interrupted" || !operation)
    return tell(
      "执行时程序中断了，可能已经执行，也可能没有，请看一下实际结果；不会自动重试。",
      "this program stopped while it ran: it may be done or not, see for yourself; it is not tried again.",
    );
  try {
    const answer = await runStored(scene, operation, call);
    return tell("已批准，已完成。", "approved and done.", `approved and done: ${answer}`);
  } catch (error) {
    if (scene.turn.signal.aborted) throw error;
    const known = error instanceof QQError;
    if (!known) scene.bot.log.error({ operation: call.operation, error }, "an approved call failed by a fault of ours");
    const reason = known ? [error.message, error.remedy].filter(Boolean).join(" ") : "internal error";
    return tell(`已批准，但没有成功。${reason}`, `approved, but it failed: ${reason}`);
  }
}

/** With the approver's right, wherever the call came from: the gate checks it as if they had made it. */
async function runStored(scene: CommandScene, operation: Operation, call: PendingCall): Promise<string> {
  const context = scene.bot.contextFor(approverOf(scene, `for ${factsOf(call).askedBy}, `, `word:${call.id}`));
  const output = await callOperation(operation, context, call.input, scene.turn.signal);
  return cutToLength(toolText(output), 300);
}

function approverOf({ right, place, last }: CommandScene, about: string, key?: string): Caller {
  const caller = callerOf({ right, place, replyTo: last.replyTo, ...(key === undefined ? {} : { key }) });
  return { ...caller, label: `${caller.label} (${about}approved by ${personOf(last)})` };
}
