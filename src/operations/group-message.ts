import { z } from "zod";
import { groupOpenid, messageId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { checkOpenMessage } from "./message-rules.ts";
import { openMessage, openMessageAnswer } from "./open-message.ts";
import { defineCall } from "./operation.ts";

export const sendGroupMessage = defineCall({
  name: "send_group_message",
  title: "Send to a group (raw call) (发送群消息)",
  summary:
    "One group message exactly as given; send_message is safer. With msg_id a passive reply (5 min, 5 per message); msg_seq is filled in when left out.",
  toolset: "message",
  permission: "send",
  scope: { group: "group_openid" },
  service: "bot",
  method: "POST",
  path: "/v2/groups/{group_openid}/messages",
  input: z
    .strictObject({
      group_openid: groupOpenid,
      msg_type: z.literal([0, 2, 3, 7]).describe("0 text (content), 2 markdown, 3 ark, 7 media"),
      ...openMessage,
    })
    .superRefine(checkOpenMessage("group")),
  output: openMessageAnswer,
  docs: docsPage("message/send-receive/send"),
});

export const recallGroupMessage = defineCall({
  name: "recall_group_message",
  title: "Recall a group message (撤回群消息)",
  summary: "Recall the bot's own message within 2 minutes; as group admin also one of an ordinary member.",
  toolset: "message",
  permission: "destroy",
  scope: { group: "group_openid" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/v2/groups/{group_openid}/messages/{message_id}",
  input: z.strictObject({ group_openid: groupOpenid, message_id: messageId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("message/send-receive/reset"),
  settle: (context, input) => context.sent.markRecalled({ scene: "group", id: input.group_openid }, input.message_id),
});
