import { type Attachment, readAttachments } from "./attachments.ts";
import { readChatText, trimText } from "./chat-text.ts";
import { isMessageType, isSyntheticId } from "./dedupe.ts";
import type { Envelope } from "./envelope.ts";
import { type Fields, fieldsOf, numberOf, textOf } from "./fields.ts";
import { type Mentions, type ReadMentions, readMentions, readSender, type Self, type Sender } from "./mentions.ts";
import { conversationOf } from "./place.ts";
import { type Quote, readInner, readQuote, readSceneExt } from "./quotes.ts";
import type { Conversation } from "./scenes.ts";
import { parseTimestamp } from "./timestamps.ts";

/** The one form in which the bot sees what people say and click, whatever family and transport it came by. */
export interface Incoming {
  /** reminder: nobody said it now; the bot was asked for it earlier. */
  kind: "message" | "interaction" | "reminder";
  /** Event type. */
  type: string;
  conversation: Conversation;
  /** Guild scenes: the guild of the channel; for DM sessions the session's own guild_id. */
  guildId?: string;
  /** DM sessions: the guild in which the two met. */
  sourceGuildId?: string;
  /** `d.id` of a message; for a click in a guild, the message that holds the button. */
  messageId?: string;
  /** Outer id of the event. */
  eventId: string;
  /** `d.id` of an interaction: for the acknowledgement only. */
  interactionId?: string;
  sender: Sender;
  /** Ready to read: own mention removed, names and faces written out, trimmed. A click's text is its button data. */
  text: string;
  /** card and record (a forwarded chat) hold text that is not the speaker's own: never a command. */
  form: "text" | "card" | "record" | "quote" | "button" | "menu";
  mentions: Mentions;
  /** Meant for the bot, by what the event says. Quotes of the bot's own messages have to be told by `quote.refId`. */
  addressed: boolean;
  attachments: Attachment[];
  quote?: Quote;
  /** Index of this message (REFIDX_…), by which it can be quoted in groups and private chats. */
  refId?: string;
  button?: { id?: string; data?: string; featureId?: string };
  /** The bot's own member_openid in this group, when the message tells it. */
  ownMemberOpenid?: string;
  timestampMs: number;
  receivedAt: number;
  replyTo: { msgId?: string; eventId?: string; receivedAt: number };
}

const directTypes = new Set(["GROUP_AT_MESSAGE_CREATE", "AT_MESSAGE_CREATE"]);
const buttonType = 11;
const menuType = 12;
const forms: Readonly<Record<number, Incoming["form"]>> = { 3: "card", 102: "record", 103: "quote" };

/**
 * Messages of all six types and clicks (interaction types 11, 12); null for every other event, and for one that lacks
 * its place or its sender. Never throws: whatever else is missing or odd is left out.
 */
export function readIncoming(envelope: Envelope, self: Self): Incoming | null {
  if (isMessageType(envelope.type)) return readMessage(envelope, self);
  return envelope.type === "INTERACTION_CREATE" ? readClick(envelope) : null;
}

function readMessage(envelope: Envelope, self: Self): Incoming | null {
  const message = fieldsOf(envelope.data);
  const conversation = conversationOf(envelope);
  const sender = readSender(message, self);
  const messageId = textOf(message, "id");
  // Our own mark: the store empties what was recalled.
  if (!conversation || !sender || messageId === undefined || message.recalled === true) return null;
  const isGuild = conversation.scene === "channel" || conversation.scene === "dms";
  const isMentionEvent = directTypes.has(envelope.type);
  const read = readMentions(message, self, isMentionEvent);
  const quote = readQuote(message);
  const form = forms[numberOf(message, "message_type") ?? 0] ?? "text";
  const { msgIdx } = readSceneExt(message);
  const text = isForeign(form)
    ? trimText(textOf(message, "content") ?? "") || trimText(readInner(message))
    : spokenText(message, { read, quote, isGuild });
  return {
    kind: "message",
    type: envelope.type,
    conversation,
    ...(isGuild ? guildFacts(message, conversation) : {}),
    messageId,
    eventId: envelope.id,
    sender,
    text,
    form: quote && form === "text" ? "quote" : form,
    mentions: read.mentions,
    addressed: conversation.scene === "c2c" || conversation.scene === "dms" || read.mentions.me,
    attachments: readAttachments(message.attachments),
    ...(quote ? { quote } : {}),
    ...(msgIdx === undefined ? {} : { refId: msgIdx }),
    ...(read.ownMemberOpenid === undefined ? {} : { ownMemberOpenid: read.ownMemberOpenid }),
    timestampMs: parseTimestamp(message.timestamp, envelope.receivedAt),
    receivedAt: envelope.receivedAt,
    replyTo: { msgId: messageId, receivedAt: envelope.receivedAt },
  };
}

/** Text that other people or programs wrote, passed on by the speaker. */
function isForeign(form: Incoming["form"]): boolean {
  return form === "card" || form === "record";
}

function guildFacts(message: Fields, conversation: Conversation): Pick<Incoming, "guildId" | "sourceGuildId"> {
  const guildId = textOf(message, "guild_id");
  const sourceGuildId = conversation.scene === "dms" ? textOf(message, "src_guild_id") : undefined;
  return { ...(guildId === undefined ? {} : { guildId }), ...(sourceGuildId === undefined ? {} : { sourceGuildId }) };
}

function spokenText(
  message: Fields,
  context: { read: ReadMentions; quote: Quote | undefined; isGuild: boolean },
): string {
  const { mentions, ownIds } = context.read;
  const raw = withoutAutomaticMention(textOf(message, "content") ?? "", mentions, context.quote);
  const read = readChatText(raw, { ownIds, people: mentions.others, isEscaped: context.isGuild });
  // Some builds list a mention without leaving its tag in the text.
  const lost = mentions.others.filter((other) => other.name && !read.mentioned.includes(other.id));
  return [read.text, ...lost.map((other) => `@${other.name}`).filter((name) => !read.text.includes(name))]
    .filter(Boolean)
    .join(" ");
}

/** A quoting client puts a mention of the quoted author in front, which the speaker never wrote. */
function withoutAutomaticMention(raw: string, mentions: Mentions, quote: Quote | undefined): string {
  if (quote?.authorId === undefined && quote?.authorName === undefined) return raw;
  const at = mentions.others.findIndex((other) =>
    quote.authorId === undefined ? other.name === quote.authorName : other.id === quote.authorId,
  );
  const author = mentions.others[at];
  if (!author) return raw;
  const lead = /^\s*<@!?([^<>\s]+)>\s*/.exec(raw);
  const rest = lead?.[1] === author.id ? raw.slice(lead[0].length) : raw;
  if (!rest.includes(author.id)) mentions.others.splice(at, 1);
  return rest;
}

function readClick(envelope: Envelope): Incoming | null {
  const click = fieldsOf(envelope.data);
  const data = fieldsOf(click.data);
  const resolved = fieldsOf(data.resolved ?? data.resoloved);
  const type = numberOf(data, "type") ?? numberOf(click, "type");
  const conversation = conversationOf(envelope);
  const interactionId = textOf(click, "id");
  if ((type !== buttonType && type !== menuType) || !conversation || interactionId === undefined) return null;
  const messageId = textOf(resolved, "message_id");
  const button = readButton(resolved);
  return {
    kind: "interaction",
    type: envelope.type,
    conversation,
    ...(conversation.scene === "channel" ? guildFacts(click, conversation) : {}),
    ...(messageId === undefined ? {} : { messageId }),
    eventId: envelope.id,
    interactionId,
    // Without an id the click still has to be acknowledged; nobody has the id "".
    sender: {
      id: textOf(click, "group_member_openid", "user_openid") ?? textOf(resolved, "user_id") ?? "",
      isBot: false,
      isSelf: false,
    },
    text: button.data ?? button.featureId ?? "",
    form: type === menuType ? "menu" : "button",
    mentions: { me: false, others: [], everyone: false },
    addressed: true,
    attachments: [],
    button,
    timestampMs: parseTimestamp(click.timestamp, envelope.receivedAt),
    receivedAt: envelope.receivedAt,
    // The interaction's own id is refused as event_id: only the outer one counts.
    replyTo: {
      ...(isSyntheticId(envelope.id) ? {} : { eventId: envelope.id }),
      receivedAt: envelope.receivedAt,
    },
  };
}

function readButton(resolved: Fields): NonNullable<Incoming["button"]> {
  const [id, data, featureId] = [
    textOf(resolved, "button_id"),
    textOf(resolved, "button_data"),
    textOf(resolved, "feature_id"),
  ];
  return {
    ...(id === undefined ? {} : { id }),
    ...(data === undefined ? {} : { data }),
    ...(featureId === undefined ? {} : { featureId }),
  };
}
