import { z } from "zod";
import { eventId, messageId, userOpenid } from "../protocol/ids.ts";
import { msgSeq, textLimits } from "../protocol/limits.ts";
import { callPage } from "./docs-page.ts";
import { openMessageAnswer } from "./open-message.ts";
import { defineCall } from "./operation.ts";

const path = "/v2/users/{user_openid}/stream_messages";

export const streamC2cMessage = defineCall({
  name: "stream_c2c_message",
  title: "Send a frame of a growing message (单聊流式消息)",
  summary:
    "One frame of a message that grows while it is written; private chats only. All frames share msg_seq and cost one reply; frames after the first name stream_msg_id; the last has input_state 10. At most one frame per 300 ms.",
  toolset: "message",
  permission: "send",
  scope: { c2c: "user_openid" },
  service: "bot",
  method: "POST",
  path,
  input: z.strictObject({
    user_openid: userOpenid,
    input_mode: z
      .enum(["append", "replace"])
      .optional()
      .describe("append (default): content_raw is the new part; replace: the full text, beginning with what was sent"),
    input_state: z.literal([1, 10]).describe("1 more will come, 10 the last frame"),
    index: z.int().min(0).max(1_000_000).describe("Number of the frame from 0, rising"),
    content_type: z.enum(["text", "markdown"]).optional().describe("The same in all frames; default text"),
    content_raw: z.string().max(textLimits.maxLength).describe("Text of the frame"),
    msg_id: messageId.optional().describe("Message to answer; exclusive with event_id"),
    event_id: eventId.optional().describe("Event to answer: outer id of the event"),
    stream_msg_id: messageId.optional().describe("id that the first frame answered; for every later frame"),
    msg_seq: z
      .int()
      .min(msgSeq.min)
      .max(msgSeq.max)
      .optional()
      .describe("Number of the reply to msg_id, the same in all frames"),
    is_wakeup: z.boolean().optional().describe("Wake-up message instead of a reply; without msg_id and event_id"),
  }),
  output: openMessageAnswer.extend({
    remain_msg_len: z.number().nullish().describe("Characters that may still follow"),
  }),
  docs: callPage("POST", path),
});
