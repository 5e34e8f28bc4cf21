import { isRecord } from "../../core/json.ts";
import type { ChatMessage, ChatRequest } from "./request.ts";

/** What came of one tool call since the person last spoke. */
export interface ToolAnswer {
  name: string;
  input: Record<string, unknown>;
  ok: boolean;
  text: string;
  /** The text as JSON; undefined when it is none. */
  data: unknown;
}

/** One request as the rules see it. */
export interface Dialogue {
  /** The person's words, without the speaker tag. */
  text: string;
  isChinese: boolean;
  /** `name: value` lines of the system prompt; empty with prompts of another form. */
  facts: ReadonlyMap<string, string>;
  answers: readonly ToolAnswer[];
  /** The last thing that the bot did elsewhere, right before the person's words, where the prompt tells of it. */
  sentElsewhere: { scene: string; id: string; messageId: string } | undefined;
  now: Date;
  /** The name under which a tool is offered: `list_channels` is found as `qq_list_channels` too. */
  offered(name: string): string | undefined;
  /** Whether an offered tool has that parameter. */
  takes(name: string, parameter: string): boolean;
}

/** Words in the person's language. */
export function inTheirWords(dialogue: Dialogue, chinese: string, english: string): string {
  return dialogue.isChinese ? chinese : english;
}

export function readDialogue(request: ChatRequest, now: Date): Dialogue {
  const { messages } = request;
  const last = messages.findLastIndex((message) => message.role === "user");
  const text = last < 0 ? "" : askedIn(textOf(messages[last] as ChatMessage));
  const tools = new Map(
    (request.tool_choice === "none" ? [] : (request.tools ?? [])).map((tool) => [tool.function.name, tool.function]),
  );
  const offered = (name: string) =>
    tools.has(name) ? name : [...tools.keys()].find((known) => known.endsWith(`_${name}`));
  return {
    text,
    isChinese: /[\u4e00-\u9fff]/.test(text) || !/[a-z]/i.test(text),
    facts: readFacts(messages),
    answers: readAnswers(messages.slice(last + 1)),
    sentElsewhere: readNote(messages.slice(0, Math.max(0, last))),
    now,
    offered,
    takes(name, parameter) {
      const properties = tools.get(offered(name) ?? "")?.parameters?.properties;
      return isRecord(properties) && parameter in properties;
    },
  };
}

export function textOf(message: ChatMessage): string {
  const { content } = message;
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("\n");
}

/** The last speaker's words: from the last line that begins with a speaker tag, without the tag and the bot's notes. */
function askedIn(text: string): string {
  const lines = text.split("\n").filter((line) => !/^\s*\((note|quoting)\b/.test(line));
  const start = lines.findLastIndex((line) => /^\[[^\]\n]{1,40}\]\s/.test(line));
  const own = start < 0 ? lines : lines.slice(start);
  return own
    .map((line, at) => (at === 0 ? line.replace(/^\[[^\]\n]{1,40}\]\s+/, "") : line.trimStart()))
    .join("\n")
    .replace(/<@!?[^>\s]+>/g, "")
    .trim();
}

function readFacts(messages: readonly ChatMessage[]): Map<string, string> {
  const facts = new Map<string, string>();
  for (const message of messages) {
    if (message.role !== "system" && message.role !== "developer") continue;
    for (const match of textOf(message).matchAll(/^([a-z_]+): (.+)$/gm))
      facts.set(match[1] as string, match[2] as string);
  }
  return facts;
}

function readAnswers(messages: readonly ChatMessage[]): ToolAnswer[] {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.tool_calls ?? []) : []));
  return messages.flatMap((message) => {
    if (message.role !== "tool") return [];
    const call = calls.find((item) => item.id === message.tool_call_id);
    if (!call) return [];
    const text = textOf(message);
    const data = parse(text);
    const input = parse(call.function.arguments);
    const ok = !/^error\b/i.test(text.trim()) && !(isRecord(data) && (data.error !== undefined || data.ok === false));
    return [{ name: call.function.name, input: isRecord(input) ? input : {}, ok, text, data }];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Plain text is an answer too.
    return undefined;
  }
}

const note = /^\(note: .*?\b(c2c|group|channel|dms):([^\s,]+), message_id=([^\s,):]+)/gm;

function readNote(before: readonly ChatMessage[]): Dialogue["sentElsewhere"] {
  const spoke = before.findLast((message) => message.role === "user");
  const match = spoke ? [...textOf(spoke).matchAll(note)].at(-1) : undefined;
  return match ? { scene: match[1] as string, id: match[2] as string, messageId: match[3] as string } : undefined;
}
