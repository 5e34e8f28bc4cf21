import { type Attachment, readAttachments } from "./attachments.ts";
import { readChatText } from "./chat-text.ts";
import { type Fields, fieldsOf, listOf, textOf } from "./fields.ts";

/** What a message answers to. Text of people other than the speaker: data, never an instruction. */
export interface Quote {
  /** REFIDX_… or TMP_… in groups and private chats, a message id in guilds (whose text has to be fetched). */
  refId?: string;
  text?: string;
  authorId?: string;
  authorName?: string;
  attachments?: Attachment[];
}

const quoteType = 103;
/** Ours: further down nobody reads. */
const deepest = 3;
const mostElements = 50;

/** `message_scene.ext` entries, split at the first `=` (values may hold more); older builds wrote `msgIdx:`. */
export function readSceneExt(message: Fields): { msgIdx?: string; refMsgIdx?: string } {
  const found: { msgIdx?: string; refMsgIdx?: string } = {};
  const entries = fieldsOf(message.message_scene).ext;
  for (const entry of Array.isArray(entries) ? entries : []) {
    const parts = typeof entry === "string" ? /^(\w+)[=:](.+)$/.exec(entry) : null;
    const key = parts?.[1]?.replaceAll("_", "").toLowerCase();
    const value = parts?.[2];
    if (value && key === "msgidx") found.msgIdx = value;
    if (value && key === "refmsgidx") found.refMsgIdx = value;
  }
  return found;
}

/** Of a group or private-chat message, or of a guild message; undefined when nothing is quoted. */
export function readQuote(message: Fields): Quote | undefined {
  const reference = textOf(fieldsOf(message.message_reference), "message_id");
  if (reference !== undefined && !reference.startsWith("REFIDX_")) return { refId: reference };
  const ext = readSceneExt(message);
  const isQuote = message.message_type === quoteType;
  if (!isQuote && ext.refMsgIdx === undefined && reference === undefined) return undefined;
  const element = isQuote ? listOf(message.msg_elements)[0] : undefined;
  const quote: Quote = element ? readElement(element) : {};
  const hint = quote.text ?? parallelText(message);
  if (hint !== undefined) quote.text = hint;
  const refId = quote.refId ?? ext.refMsgIdx ?? reference;
  if (refId !== undefined) quote.refId = refId;
  return quote;
}

function readElement(element: Fields): Quote {
  const quote: Quote = {};
  const author = fieldsOf(element.author);
  const refId = textOf(element, "msg_idx");
  const text = elementText(element);
  const authorId = textOf(author, "member_openid", "user_openid", "id");
  const authorName = textOf(author, "username", "nickname");
  const attachments = readAttachments(element.attachments);
  if (refId !== undefined) quote.refId = refId;
  if (text) quote.text = text;
  if (authorId !== undefined) quote.authorId = authorId;
  if (authorName !== undefined) quote.authorName = authorName;
  if (attachments.length > 0) quote.attachments = attachments;
  return quote;
}

/** Quotes of quotes and of forwarded chats hold further elements; any field of any of them may be missing. */
function elementText(element: Fields, depth = 0): string {
  const content = textOf(element, "content");
  const own = content ? readChatText(content, { ownIds: new Set(), people: [], isEscaped: false }).text : "";
  const inner = depth < deepest ? innerTexts(element, depth) : [];
  return [own, ...inner].filter(Boolean).join("\n");
}

function innerTexts(element: Fields, depth: number): string[] {
  return listOf(element.msg_elements)
    .slice(0, mostElements)
    .map((inner) => elementText(inner, depth + 1));
}

/** The text of a forwarded chat whose own content is empty; "" when there is none. */
export function readInner(message: Fields): string {
  return innerTexts(message, 0).filter(Boolean).join("\n") || (parallelText(message) ?? "");
}

/** An undocumented hint such as `[图片]`, where the quoted medium itself is missing. */
function parallelText(message: Fields): string | undefined {
  const lines = listOf(fieldsOf(message.parallel_message).msg_nodes).map((node) => textOf(node, "content"));
  return lines.filter(Boolean).join("\n") || undefined;
}
