import { isRecord } from "../core/json.ts";
import { msgSeq } from "../protocol/limits.ts";
import { type Answer, type Call, ok, recordOf, textOf } from "./call.ts";
import type { ChatMessage, MessageRow } from "./chats.ts";
import { refIndex, v2MessageId } from "./identity.ts";
import { checkKeyboard } from "./keyboard-check.ts";
import type { Platform } from "./platform.ts";
import { refuse } from "./refusal.ts";
import type { ReplyRequest } from "./reply-book.ts";

type V2Scene = "c2c" | "group";
type Body = Readonly<Record<string, unknown>>;
/** What a message shows, found out before anything is booked. */
type Content = Pick<MessageRow, "kind" | "content"> & Partial<MessageRow>;

/** POST to `/v2/users/…/messages` and `/v2/groups/…/messages`: checks in order of form, rights, reply rules; then sends. */
export function sendV2(call: Call, scene: V2Scene, id: string): Answer {
  const { platform, body } = call;
  const conversation = { scene, id };
  const content = readContent(platform, scene, body);
  checkKeyboard(body.keyboard);
  const seq = readSeq(body.msg_seq);
  const msgId = textOf(body, "msg_id");
  const eventId = textOf(body, "event_id");
  const isWakeUp = body.is_wakeup === true;
  if (isWakeUp && (scene === "group" || msgId || eventId)) {
    refuse(40011000, "is_wakeup excludes msg_id and event_id, and groups");
  }
  const request = {
    conversation,
    ...(msgId ? { msgId, message: platform.chats.find(conversation, msgId) } : {}),
    ...(eventId ? { eventId } : {}),
    ...(seq === undefined ? {} : { msgSeq: seq }),
  };
  if (content.kind === "typing") platform.replies.bookTyping(request);
  const mode = content.kind === "typing" ? undefined : admit(platform, request, isWakeUp);
  const quoted = quotedBy(platform, conversation, body);
  const sent = platform.chats.add({
    conversation,
    row: {
      id: v2MessageId(),
      from: "bot",
      at: platform.clock.now(),
      ...content,
      ...(mode ? { mode } : {}),
      ...(msgId ? { msg_id: msgId, msg_seq: seq ?? 1 } : {}),
      ...(eventId ? { event_id: eventId } : {}),
      ...(isRecord(body.keyboard) ? { keyboard: body.keyboard } : {}),
      ...(quoted ? { quote: quoted } : {}),
    },
    refIdx: refIndex(),
    isReported: false,
  });
  return ok(receipt(platform, sent));
}

export function receipt(platform: Platform, sent: ChatMessage): Record<string, unknown> {
  return {
    id: sent.row.id,
    timestamp: platform.clock.timestamp(sent.row.at),
    ext_info: { ref_idx: sent.refIdx },
  };
}

function readContent(platform: Platform, scene: V2Scene, body: Body): Content {
  const type = body.msg_type ?? 0;
  if (type === 3) return readArk(platform, body);
  if (type === 2) return readMarkdown(platform, scene, body);
  if (type === 6) return readTyping(scene, body);
  if (type !== 0 && type !== 7) refuse(340069, "msg_type is invalid");
  if (recordOf(body, "markdown")) refuse(22006, "msg_type and content do not match: markdown needs msg_type 2");
  if (body.content !== undefined && body.content !== null && typeof body.content !== "string") {
    refuse(40011000, "content must be a string");
  }
  const content = typeof body.content === "string" ? body.content : "";
  checkLength(platform, content);
  if (type === 7) return readMedia(platform, { scene, body, content });
  if (recordOf(body, "ark")) refuse(304004, "no right to ark messages");
  if (content.trim() === "") refuse(50006, "the message is empty");
  return { kind: "text", content };
}

function readArk(platform: Platform, body: Body): Content {
  if (!platform.dials.hasArk) refuse(304004, "no right to ark messages");
  const ark = recordOf(body, "ark");
  const isAlone = !textOf(body, "content")?.trim() && !recordOf(body, "markdown");
  if (!ark || !isAlone || typeof ark.template_id !== "number" || !Array.isArray(ark.kv)) {
    refuse(304061, "message content is invalid: ark");
  }
  return { kind: "ark", content: "[ark]" };
}

function readMarkdown(platform: Platform, scene: V2Scene, body: Body): Content {
  const markdown = recordOf(body, "markdown");
  if (textOf(body, "content")?.trim()) refuse(22006, "msg_type and content do not match: markdown allows no content");
  if (recordOf(body, "ark")) refuse(304061, "message content is invalid: markdown and ark");
  if (!markdown) refuse(40034011, "markdown is invalid");
  if (markdown.template_id !== undefined || markdown.custom_template_id !== undefined) {
    refuse(40034127, "no right to markdown templates");
  }
  const text = textOf(markdown, "content");
  if (text) checkLength(platform, text);
  if (!text?.trim()) refuse(40034011, "markdown is invalid: content");
  if (scene === "group" && text.includes("<qqbot-cmd-enter")) refuse(40034106, "this command is not allowed in groups");
  return { kind: "markdown", content: text, markdown: text };
}

/** By QQ's file_type. */
const mediaKinds: Readonly<Record<number, { media: NonNullable<MessageRow["media"]>; label: string }>> = {
  1: { media: "image", label: "[图片]" },
  2: { media: "video", label: "[视频]" },
  3: { media: "voice", label: "[语音]" },
};

function readMedia(platform: Platform, facts: { scene: V2Scene; body: Body; content: string }): Content {
  const info = textOf(recordOf(facts.body, "media") ?? {}, "file_info");
  const file = info ? platform.files.usable(info, facts.scene, platform.clock.now()) : undefined;
  if (!file) refuse(304080, "file_info is invalid");
  const isImage = file.fileType === 1;
  const url = file.url ?? (file.bytes ? `/_emulator/files/${file.uuid}` : undefined);
  const { media, label } = mediaKinds[file.fileType] ?? { media: "file", label: "[文件]" };
  const name = file.name && !isImage ? ` ${file.name}` : "";
  return {
    kind: "media",
    media,
    content: facts.content.trim() === "" ? `${label}${name}` : facts.content,
    ...(isImage && url ? { image_url: url } : {}),
  };
}

function readTyping(scene: V2Scene, body: Body): Content {
  if (scene === "group") refuse(340069, "msg_type is invalid");
  const notify = recordOf(body, "input_notify") ?? {};
  if (notify.input_type !== 1 && notify.input_type !== 2) refuse(50059, "input_notify type is wrong");
  const seconds = Number(notify.input_second ?? 60);
  if (notify.input_type === 1 && !(seconds >= 1 && seconds <= 60)) refuse(50059, "input_second must be 1 to 60");
  return { kind: "typing", content: "" };
}

function checkLength(platform: Platform, text: string): void {
  if (text.length > platform.dials.maxTextLength) refuse(40054007, "the message is too long");
}

export function readSeq(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < msgSeq.min || value > msgSeq.max) {
    refuse(40011000, "request data is malformed: msg_seq");
  }
  return value;
}

/** Books the message; refuses what the reply rules do not allow. */
export function admit(platform: Platform, request: ReplyRequest, isWakeUp: boolean): "passive" | "active" {
  if (!isWakeUp) return platform.replies.admit(request);
  const heard = platform.chats.list(request.conversation)?.findLast((message) => message.row.from !== "bot");
  platform.replies.wake(request.conversation.id, heard?.row.at);
  return "active";
}

function quotedBy(platform: Platform, conversation: { scene: V2Scene; id: string }, body: Body): MessageRow["quote"] {
  const ref = textOf(recordOf(body, "message_reference") ?? {}, "message_id");
  // The platform documents no refusal for an index that it does not know: the message goes out without the quote.
  const quoted = ref ? platform.chats.findQuoted(conversation, ref) : undefined;
  return quoted && { id: quoted.row.id, from: quoted.row.from, content: quoted.row.content };
}
