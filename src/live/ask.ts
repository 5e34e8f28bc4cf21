import { QQError } from "../core/errors.ts";
import type { Conversation } from "../protocol/scenes.ts";
import { type Probe, type Seen, seenOf } from "./probe.ts";
import type { Question, Sender } from "./question.ts";
import { readingQuestions } from "./reading.ts";
import { idOf, sendingQuestions } from "./sending.ts";

export const questions: readonly Question[] = [...readingQuestions, ...sendingQuestions];

/** What came of a question: what was seen, or why it was not asked. */
export interface Answer {
  question: string;
  seen?: Seen;
  notAsked?: string;
  /** Messages that it left in the chat, and how many of them were taken back. */
  sent?: number;
  recalled?: number;
}

export interface Asking {
  probe: Probe;
  /** Before anything that people see; false leaves the question out. */
  consent(question: Question, target: Conversation): Promise<boolean>;
  /** Why no gateway session may be started here; undefined when one may. */
  sessionsHeld?: string | undefined;
  /** Pause before each call that sends. */
  paceMs: number;
  /** Aborted: nothing more is asked; what was sent is still taken back. */
  signal: AbortSignal;
  onAnswer?(question: Question, answer: Answer): void;
}

/** Asks them in order. What a question sends is taken back before the next one. */
export async function askAll(all: readonly Question[], asking: Asking): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of all) {
    if (asking.signal.aborted) break;
    const answer = await askOne(question, asking);
    answers.push(answer);
    asking.onAnswer?.(question, answer);
  }
  return answers;
}

async function askOne(question: Question, asking: Asking): Promise<Answer> {
  const { probe } = asking;
  const notAsked = (reason: string): Answer => ({ question: question.id, notAsked: reason });
  const { kind, scenes } = question;
  if (kind !== "read" && asking.sessionsHeld) return notAsked(asking.sessionsHeld);
  if (scenes && !probe.target) return notAsked("no target was named");
  if (scenes && probe.target && !scenes.includes(probe.target.scene)) return notAsked(`only for ${scenes.join(", ")}`);
  const isSeen = kind === "send" || kind === "hear";
  if (isSeen && probe.target && !(await asking.consent(question, probe.target))) return notAsked("not agreed to");
  const desk = makeSender(asking);
  const seen = await question.ask(probe, desk).catch(async (error: unknown) => {
    if (error instanceof QQError) return `no answer: ${error.code}`;
    await desk.clean();
    throw error;
  });
  const result = typeof seen === "string" ? { notAsked: seen } : { seen };
  return { question: question.id, ...result, ...(await desk.clean()) };
}

function makeSender({
  probe,
  paceMs,
  signal,
}: Asking): Sender & { clean(): Promise<Pick<Answer, "sent" | "recalled">> } {
  const sent: string[] = [];
  const { scene, id } = probe.target ?? { scene: "c2c", id: "" };
  const messages = `/v2/${scene === "group" ? "groups" : "users"}/${encodeURIComponent(id)}/messages`;
  return {
    async send(body) {
      await probe.clock.sleep(paceMs, signal);
      const outcome = await probe.call("POST", messages, { body: body as never });
      this.remember(idOf(outcome.data));
      return seenOf(outcome);
    },
    remember(messageId) {
      if (typeof messageId === "string" && !sent.includes(messageId)) sent.push(messageId);
    },
    async clean() {
      if (sent.length === 0) return {};
      let recalled = 0;
      for (const messageId of sent) {
        const outcome = await probe
          .call("DELETE", `${messages}/${encodeURIComponent(messageId)}`)
          .catch(() => undefined);
        if (outcome && outcome.status < 300 && outcome.code === undefined) recalled += 1;
      }
      return { sent: sent.length, recalled };
    },
  };
}
