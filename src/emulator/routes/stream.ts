import type { Stream } from "../bot-settings.ts";
import { type Call, ok, type Route, textOf } from "../call.ts";
import { refIndex, v2MessageId } from "../identity.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import { admit, readSeq, receipt } from "../send-v2.ts";
import { friendOf } from "./c2c.ts";

interface Frame {
  mode: "append" | "replace";
  isLast: boolean;
  index: number;
  contentType: "text" | "markdown";
  text: string;
  msgSeq: number | undefined;
}

/** Messages that grow while they are written; private chats only. */
export const streamRoutes: readonly Route[] = [
  {
    endpoint: "c2c.messages.stream",
    method: "POST",
    path: "/v2/users/{user_openid}/stream_messages",
    handle: (call) => {
      const { platform, body } = call;
      const { userOpenid } = friendOf(platform, call.params.user_openid ?? "");
      const frame = readFrame(body);
      const id = textOf(body, "stream_msg_id");
      const stream = id ? continued(platform, { id, userOpenid, frame }) : begun(call, userOpenid, frame);
      stream.index = frame.index;
      stream.isClosed = frame.isLast;
      const message = platform.chats.find({ scene: "c2c", id: userOpenid }, stream.messageId);
      if (!message) return refuse(50001, "stream: internal error", 500);
      message.row.content = stream.text;
      if (stream.contentType === "markdown") message.row.markdown = stream.text;
      platform.chats.touch(message);
      const left = platform.dials.maxTextLength - stream.text.length;
      return ok({ ...receipt(platform, message), remain_msg_len: left });
    },
  },
];

function readFrame(body: Call["body"]): Frame {
  const {
    input_mode: mode = "append",
    input_state: state,
    index,
    content_type: type = "text",
    content_raw: raw,
  } = body;
  if (mode !== "append" && mode !== "replace") refuse(40011000, "input_mode must be append or replace");
  if (state !== 1 && state !== 10) refuse(40011000, "input_state must be 1 or 10");
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0) refuse(40011000, "index must count from 0");
  if (type !== "text" && type !== "markdown") refuse(40011000, "content_type must be text or markdown");
  if (raw !== undefined && typeof raw !== "string") refuse(40011000, "content_raw must be a string");
  return { mode, isLast: state === 10, index, contentType: type, text: raw ?? "", msgSeq: readSeq(body.msg_seq) };
}

/** The first frame: here the one reply is booked that the whole stream costs. */
function begun({ platform, body }: Call, userOpenid: string, frame: Frame): Stream {
  const conversation = { scene: "c2c", id: userOpenid } as const;
  const msgId = textOf(body, "msg_id");
  const eventId = textOf(body, "event_id");
  const isWakeUp = body.is_wakeup === true;
  if (isWakeUp && (msgId || eventId)) refuse(40011000, "is_wakeup excludes msg_id and event_id");
  // The page marks all three as optional and says that streams are replies: read as "one of them" (unconfirmed).
  if (!isWakeUp && !msgId && !eventId) refuse(40034024, "a stream answers a message or an event");
  checkLength(platform, frame.text);
  const replied = msgId ? platform.chats.find(conversation, msgId) : undefined;
  const request = {
    conversation,
    ...(msgId ? { msgId, message: replied } : {}),
    ...(eventId ? { eventId } : {}),
    ...(frame.msgSeq === undefined ? {} : { msgSeq: frame.msgSeq }),
  };
  const mode = admit(platform, request, isWakeUp);
  const now = platform.clock.now();
  const { row } = platform.chats.add({
    conversation,
    row: {
      ...{ id: v2MessageId(), from: "bot", at: now, content: "", kind: frame.contentType, mode },
      ...(msgId ? { msg_id: msgId, msg_seq: frame.msgSeq ?? 1 } : {}),
      ...(eventId ? { event_id: eventId } : {}),
    },
    refIdx: refIndex(),
    isReported: false,
  });
  const stream: Stream = {
    messageId: row.id,
    userOpenid,
    contentType: frame.contentType,
    msgSeq: frame.msgSeq,
    index: frame.index,
    text: frame.text,
    isClosed: false,
    endsAt: isWakeUp ? Number.POSITIVE_INFINITY : (replied?.row.at ?? now) + platform.dials.replyWindowMs.c2c,
  };
  platform.world.settings.streams.set(row.id, stream);
  return stream;
}

function continued(platform: Platform, facts: { id: string; userOpenid: string; frame: Frame }): Stream {
  const { frame } = facts;
  const stream = platform.world.settings.streams.get(facts.id);
  if (!stream || stream.userOpenid !== facts.userOpenid) return refuse(40011000, "stream_msg_id is unknown here");
  if (stream.isClosed) refuse(40034018, "the stream has ended");
  if (platform.clock.now() > stream.endsAt) refuse(40034005, "too late to reply");
  if (frame.index <= stream.index) refuse(40006, "index must rise");
  if (frame.contentType !== stream.contentType) refuse(40034016, "content_type changed inside the stream");
  if (frame.msgSeq !== stream.msgSeq) refuse(40011000, "msg_seq changed inside the stream");
  if (frame.mode === "replace" && !frame.text.startsWith(stream.text)) refuse(40007, "delivered text was changed");
  const text = frame.mode === "append" ? stream.text + frame.text : frame.text;
  checkLength(platform, text);
  stream.text = text;
  return stream;
}

function checkLength(platform: Platform, text: string): void {
  if (text.length > platform.dials.maxTextLength) refuse(40054007, "the message is too long");
}
