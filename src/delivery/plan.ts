import { InputError } from "../core/errors.ts";
import { textLimits } from "../protocol/limits.ts";
import { writeMentions } from "../protocol/mention-form.ts";
import { isPublicUrl } from "../protocol/public-url.ts";
import { conversationKey, type Scene } from "../protocol/scenes.ts";
import { displayWidth } from "../protocol/text-width.ts";
import { toDialect } from "./dialect.ts";
import { checkKeyboard, type Keyboard, keyboardAsText } from "./keyboard.ts";
import type { SendLedger } from "./ledger.ts";
import { applyLinks, type LinkPolicy } from "./links.ts";
import { plainText, usesMarkdown } from "./markdown.ts";
import type { OutgoingMessage } from "./message.ts";
import { type Content, hasSequence } from "./send.ts";
import { splitText } from "./split.ts";
import { repliesLeft, replyObstacle } from "./way.ts";

/** One message of the answer, in the form that is tried first and in the one to fall back on. */
export interface Part {
  /** The ledger's key; variants of the part append to it. */
  key: string;
  content: Content | { kind: "upload"; url: string; caption?: string };
  /** Without markdown and buttons; absent when nothing simpler is left. */
  plain: Content | undefined;
  /** Words in place of a picture or file that the platform does not take; absent when there are none. */
  instead?: Content;
  quote: string | undefined;
}

/** Most parts of an active text: in guilds each one spends a quota of very few a day. */
const activeParts: Readonly<Record<Scene, number>> = { c2c: 5, group: 5, channel: 1, dms: 1 };

/** Throws InputError for what no scene takes. */
export function checkMessage(message: OutgoingMessage): void {
  const { text, imageUrl, fileInfo, keyboard, replyTo, scene } = message;
  if ((text === undefined && imageUrl === undefined && fileInfo === undefined) || text?.trim() === "") {
    throw new InputError("content", "the message is empty", { expected: "text, an image address, or file_info" });
  }
  if (imageUrl !== undefined && fileInfo !== undefined) {
    throw new InputError("file_info", "a message carries one picture or file", { remedy: "Send them one by one." });
  }
  if (text !== undefined && text.length > textLimits.maxLength) {
    throw new InputError("content", `the text has ${text.length} characters`, {
      expected: `at most ${textLimits.maxLength}`,
      remedy: "Say less, or send it in several messages.",
    });
  }
  if (text !== undefined && (imageUrl !== undefined || fileInfo !== undefined)) checkCaption(message, text);
  if (imageUrl !== undefined && !isPublicUrl(imageUrl)) {
    throw new InputError("image_url", "image_url must be a public http(s) address", { expected: "https://…" });
  }
  if (fileInfo !== undefined && !hasSequence(scene)) {
    throw new InputError("file_info", `${scene} takes no uploaded files`, {
      remedy: "Send a picture by image_url, or say it as text.",
    });
  }
  if (keyboard !== undefined) {
    if (imageUrl !== undefined || fileInfo !== undefined)
      throw new InputError("keyboard", "a keyboard needs text alone to stand under");
    checkKeyboard(keyboard);
  }
  if (replyTo && (replyTo.msgId === undefined) === (replyTo.eventId === undefined)) {
    throw new InputError("msg_id", "a reply names one of msg_id and event_id");
  }
}

/** A caption is plain text in the same message, so that it is neither split nor markdown. */
function checkCaption({ format }: OutgoingMessage, text: string): void {
  if (format === "markdown") {
    throw new InputError("format", "a picture or file has a plain caption, no markdown", {
      remedy: "Leave format out, or put the picture into the markdown: ![name #200px #200px](https://…).",
    });
  }
  if (displayWidth(text) > textLimits.splitWidth) {
    throw new InputError("content", "the caption is too long for one message", {
      expected: `at most ${textLimits.splitWidth} columns, Chinese counts 2`,
      remedy: "Send the text as a message of its own.",
    });
  }
}

/**
 * The parts of a message. The same key gives the same parts again after a crash, whatever has been spent since: the
 * number of parts is in their keys, and the ledger remembers them.
 */
export function planParts(
  message: OutgoingMessage,
  facts: { key: string; ledger: Pick<SendLedger, "attempts" | "used">; now: number; links: LinkPolicy },
): { parts: Part[]; notes: string[] } {
  const { key, ledger } = facts;
  const { imageUrl, fileInfo, scene, quote } = message;
  const caption = captionOf(message);
  const only = (content: Part["content"]) => {
    const words = [caption.caption, imageUrl].filter((word) => word !== undefined).join("\n");
    const instead: Content = { kind: "text", text: applyLinks(words, facts.links, false).text };
    const part = { key: `${key}#0/1`, content, plain: undefined, quote };
    return { parts: [words === "" ? part : { ...part, instead }], notes: [] };
  };
  if (fileInfo !== undefined) return only({ kind: "media", fileInfo, ...caption });
  if (imageUrl !== undefined) return only({ kind: hasSequence(scene) ? "upload" : "image", url: imageUrl, ...caption });

  const { text, isMarkdown, notes, keyboard: buttons } = chooseForm(message, facts.links);
  const split = (maxParts: number) => splitText(text, { width: textLimits.splitWidth - numberWidth, maxParts });
  const natural = split(Number.POSITIVE_INFINITY);
  const counts = natural.length === 1 ? [] : countDown(natural.length);
  const known = counts.find((count) => ledger.attempts(`${key}#0/${count}`).length > 0);
  const books = { ...facts, conversation: conversationKey(message) };
  const isPassive = replyObstacle(message, books) === undefined;
  const room = known ?? (isPassive ? repliesLeft(message, books) : activeParts[scene]);
  const texts = numbered(natural.length <= room ? natural : split(room));
  const parts = texts.map((piece, index): Part => {
    const isLast = index === texts.length - 1;
    const keyboard = isLast ? buttons : undefined;
    return {
      key: `${key}#${index}/${texts.length}`,
      content: isMarkdown
        ? { kind: "markdown", text: piece, ...(keyboard ? { keyboard } : {}) }
        : { kind: "text", text: piece },
      plain: isMarkdown ? { kind: "text", text: withButtons(plainText(piece) || piece, keyboard) } : undefined,
      quote: index === 0 ? quote : undefined,
    };
  });
  return { parts, notes };
}

/** Plain words: a caption cannot be markdown. */
function captionOf({ text, format, scene }: OutgoingMessage): { caption?: string } {
  if (text === undefined) return {};
  return { caption: format === "text" || !usesMarkdown(text) ? writeMentions(text, scene) : plainText(text) || text };
}

/** Kept free for the number of a part. */
const numberWidth = 12;

/** From three on, readers want to know whether something is missing: parts may come late and between other messages. */
function numbered(texts: readonly string[]): readonly string[] {
  if (texts.length < 3) return texts;
  return texts.map((text, index) => `${text}\n\n(${index + 1}/${texts.length})`);
}

interface Form {
  text: string;
  isMarkdown: boolean;
  notes: string[];
  keyboard?: Keyboard | undefined;
}

/** Markdown where it was asked for, where buttons need it, and in c2c and group where the text uses it. */
function chooseForm(message: OutgoingMessage, policy: LinkPolicy): Form {
  const { scene, format = "auto", quote } = message;
  const mayHaveButtons = message.keyboard === undefined && hasSequence(scene) && format !== "text";
  const linked = applyLinks(message.text ?? "", policy, mayHaveButtons);
  const keyboard = message.keyboard ?? linked.keyboard;
  const text = writeMentions(linked.text, scene);
  const notes: string[] = [];
  if (format === "text" && keyboard) notes.push("sent as markdown: buttons need it");
  const isMarkdown =
    format === "markdown" || keyboard !== undefined || (format === "auto" && hasSequence(scene) && usesMarkdown(text));
  if (isMarkdown && quote !== undefined) notes.push("sent without the quote: it does not go with markdown");
  if (isMarkdown) return { text: toDialect(text), isMarkdown, notes, keyboard };
  // In guilds markdown is by invitation only, so that nobody there would see it rendered.
  const isStripped = format === "auto" && usesMarkdown(text);
  return { text: isStripped ? plainText(text) || text : text, isMarkdown, notes };
}

function withButtons(text: string, keyboard: OutgoingMessage["keyboard"]): string {
  const lines = keyboard ? keyboardAsText(keyboard) : "";
  return lines === "" ? text : `${text}\n\n${lines}`;
}

function countDown(from: number): number[] {
  return Array.from({ length: from }, (_, index) => from - index);
}
