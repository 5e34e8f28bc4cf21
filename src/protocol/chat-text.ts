import { faceTagText, faceText } from "./faces.ts";

export interface NamedPerson {
  id: string;
  name?: string;
}

export interface ChatTextOptions {
  /** Ids under which the bot itself is mentioned: those tags disappear. */
  ownIds: ReadonlySet<string>;
  /** People whose tags become `@name`. */
  people: readonly NamedPerson[];
  /** Guild text arrives with `&amp;`, `&lt;` and `&gt;`; undone after the tags are read, `&amp;` last. */
  isEscaped: boolean;
}

export interface ChatText {
  text: string;
  /** Ids of the mention tags in order, the bot's own left out. */
  mentioned: string[];
}

const tags =
  /<@!?([^<>\s]+)>([ \u00a0]?)|<qqbot-at-user\s+id="([^"<>]+)"\s*\/>([ \u00a0]?)|<faceType=\d+,faceId="([^"]*)",ext="([^"]*)">|<emoji:(\d+)>/g;

/**
 * Text of a message for reading: own mentions out, others as `@name`, faces as `[name]`, blanks at both ends trimmed
 * (also U+00A0, U+200B, U+FEFF). Tags of unknown people stay as they are. One pass: what a name holds is never a tag.
 */
export function readChatText(raw: string, options: ChatTextOptions): ChatText {
  const mentioned: string[] = [];
  const plain = options.isEscaped ? unescapeText : (part: string) => part;
  const names = new Map(options.people.map((person) => [person.id, person.name]));
  let text = "";
  let from = 0;
  for (const match of raw.matchAll(tags)) {
    text += plain(raw.slice(from, match.index));
    from = match.index + match[0].length;
    const [, guildOrGroupId, blank, sendId, sendBlank, faceId, faceExt, emojiId] = match;
    const id = guildOrGroupId ?? sendId;
    if (id !== undefined) {
      if (options.ownIds.has(id)) continue;
      mentioned.push(id);
      const name = names.get(id);
      text += name === undefined ? match[0] : `@${name}${blank ?? sendBlank ?? ""}`;
    } else text += emojiId === undefined ? faceTagText(faceId ?? "", faceExt ?? "") : faceText(emojiId);
  }
  return { text: trimText(text + plain(raw.slice(from))), mentioned };
}

export function trimText(text: string): string {
  return text.replace(/^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g, "");
}

export function unescapeText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** For text of people that goes out to a guild and must not become a tag. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
