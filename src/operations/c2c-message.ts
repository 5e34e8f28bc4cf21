import { z } from "zod";
import { messageId, userOpenid } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { checkOpenMessage } from "./message-rules.ts";
import { openMessage, openMessageAnswer } from "./open-message.ts";
import { defineCall } from "./operation.ts";

export const sendC2cMessage = defineCall({
  name: "send_c2c_message",
  title: "Send to a private chat (raw call) (发送单聊消息)",
  summary:
    "One private message exactly as given; send_message is safer. With msg_id a passive reply (60 min, 4 per message); msg_seq is filled in when left out.",
  toolset: "message",
  permission: "send",
  scope: { c2c: "user_openid" },
  service: "bot",
  method: "POST",
  path: "/v2/users/{user_openid}/messages",
  input: z
    .strictObject({
      user_openid: userOpenid,
      msg_type: z
        .literal([0, 2, 3, 6, 7])
        .describe("0 text (content), 2 markdown, 3 ark, 6 typing state (input_notify), 7 media"),
      ...openMessage,
      is_wakeup: z
        .boolean()
        .optional()
        .describe(
          "Wake-up message: one on the same day, days 1-3, 3-7 and 7-30 after the person wrote; without msg_id",
        ),
      input_notify: z
        .strictObject({
          input_type: z.literal(1).describe("1 is typing"),
          input_second: z.int().min(1).max(60).describe("Seconds to show it"),
        })
        .optional()
        .describe("Typing state, with msg_type 6"),
    })
    .superRefine(checkOpenMessage("c2c")),
  output: openMessageAnswer,
  docs: docsPage("message/send-receive/send"),
});

export const recallC2cMessage = defineCall({
  name: "recall_c2c_message",
  title: "Recall a private message (撤回单聊消息)",
  summary: "Recall the bot's own message in a private chat within 2 minutes.",
  toolset: "message",
  permission: "destroy",
  scope: { c2c: "user_openid" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/v2/users/{user_openid}/messages/{message_id}",
  input: z.strictObject({ user_openid: userOpenid, message_id: messageId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("message/send-receive/reset"),
  settle: (context, input) => context.sent.markRecalled({ scene: "c2c", id: input.user_openid }, input.message_id),
});
