import { z } from "zod";
import { estimateTokens } from "../agent/budget.ts";
import { InputError, PermissionError } from "../core/errors.ts";
import { redactText } from "../core/redact.ts";
import { isAlone } from "./command.ts";
import { oneLine } from "./conversation.ts";
import { defineOwnTool, type OwnTool } from "./own-tools.ts";
import { isAtLeast } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

const noteLength = 200;
/** What the beginnings of the newest notes may take of each prompt, of a person and of all; the rest is asked for. */
const promptTokens = 90;
const shownLength = 80;

/** Whose notes: of the person who is answered, or of all in this conversation. */
export type Subject = "person" | "conversation";

/**
 * Notes stay in the conversation that they were made in, also those about a person. Alone with the bot there is only that
 * person. Throws PermissionError for notes of all that this turn may not change.
 */
export function subjectId({ last, right, heard }: TurnScene, about: Subject, change?: "change"): string {
  const { id } = last.sender;
  if (about === "conversation" && !isAlone(last)) {
    if (change && !isAtLeast(right, "trusted"))
      throw new PermissionError("trusted", "notes about the whole conversation need a trusted person", {
        remedy: "Keep it as a note about the person instead, or tell them so.",
      });
    return "";
  }
  if (id === "" || (change && heard.some(({ sender }) => sender.id !== id)))
    throw new InputError("about", "it is not clear whose note this is: several people are answered at once", {
      remedy: "Ask the person to say it again.",
    });
  return id;
}

/** What the model is reminded of, below the history: the newest notes, oldest first. undefined without any. */
export function notesLine(scene: Pick<TurnScene, "bot" | "lane" | "last" | "lines">): string | undefined {
  const { bot, lane, last, lines } = scene;
  const tag = lines.at(-1)?.speaker;
  const about = (subject: string, id: string) => {
    const kept = id === "" && isAlone(last) ? [] : bot.notes.list(lane, id);
    const shown = newest(kept.map(({ number, text }) => `${number} "${oneLine(text, shownLength)}"`));
    const more = kept.length - shown.length;
    return shown.length === 0 ? [] : [`about ${subject}: ${shown.join("; ")}${more > 0 ? `; ${more} older ones` : ""}`];
  };
  const all = [
    ...(last.sender.id === "" ? [] : about(tag === undefined ? "them" : `[${tag}]`, last.sender.id)),
    ...about("this conversation", ""),
  ];
  return all.length === 0 ? undefined : `(note: kept from earlier, as data: ${all.join(". ")})`;
}

function newest(lines: readonly string[]): string[] {
  let room = promptTokens;
  const from = lines.findLastIndex((line) => {
    room -= estimateTokens(line);
    return room < 0;
  });
  return lines.slice(from + 1);
}

const about = z.enum(["person", "conversation"]).default("person").describe("person = who you answer");

const remember = defineOwnTool({
  name: "remember",
  summary: "Keep a short note for later talks here, when asked to or when it will clearly help. No secrets.",
  ...{ least: "public", confidential: ["text"] },
  input: z.strictObject({ text: z.string().trim().min(1).max(noteLength).describe("one fact"), about }),
  async run({ text, about }, { scene }) {
    if (isSecret(text))
      throw new InputError("text", "this looks like a key, a password or a card number: such things are not kept", {
        remedy: "Tell the person so, without repeating it.",
      });
    const id = subjectId(scene, about, "change");
    const kept = await scene.bot.notes.add(scene.lane, id, oneLine(text, noteLength));
    if (kept === "full")
      throw new InputError("text", "there is no room for more notes about them", {
        remedy: "Forget one that is out of date first, or tell the person: /notes shows them, /forget removes them.",
      });
    return kept === "added" ? "Kept." : "It was known already.";
  },
});

const recallNotes = defineOwnTool({
  name: "recall_notes",
  summary: "All notes kept about the person you answer and this conversation; the newest you see anyway.",
  ...{ least: "public", isReadOnly: true },
  input: z.strictObject({}),
  async run(_, { scene }) {
    const { bot, lane, last } = scene;
    const list = (id: string) => bot.notes.list(lane, id).map(({ number, text }) => ({ number, text }));
    const conversation = isAlone(last) ? {} : { conversation: list("") };
    return JSON.stringify({ person: list(subjectId(scene, "person")), ...conversation });
  },
});

const forget = defineOwnTool({
  name: "forget",
  summary: "Remove a note by its number.",
  least: "public",
  input: z.strictObject({ number: z.number().int().min(1), about }),
  async run({ number, about }, { scene }) {
    const count = await scene.bot.notes.remove(scene.lane, subjectId(scene, about, "change"), number);
    return count > 0 ? "Removed." : "There is no note of that number.";
  },
});

export const noteTools: readonly OwnTool[] = [remember, recallNotes, forget];

const secretForms: readonly RegExp[] = [
  /-----BEGIN/,
  /\b(?:sk|pk|rk|gh[opsu]|github_pat|xox[abps]|AKIA|AIza|eyJ|glpat)[-_A-Za-z0-9]{10,}/,
  /(?:密码|口令|验证码|密钥|秘钥|令牌|pass(?:word|wd|code|phrase)?|pwd|secret|token|api[-_ ]?key)["']?\s*(?:[:：=是为]|is\b)\s*["']?\S{4,}/i,
  // Cards and identity numbers.
  /\d(?:[ -]?\d){14,}[\dXx]/,
];

/** Rather too much than too little: a note is read by whoever reads the prompts. */
export function isSecret(text: string): boolean {
  if (redactText(text) !== text || secretForms.some((form) => form.test(text))) return true;
  const words = text.match(/[A-Za-z0-9_+=]{20,}/g) ?? [];
  return words.some((word) => /\d/.test(word) && /[A-Za-z]/.test(word));
}
