import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { channelId, messageId } from "../protocol/ids.ts";
import { pageLimits } from "../protocol/limits.ts";
import { pageSize } from "./cursor.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { contentMissing, guildMessage, guildMessageAnswer, hasContent } from "./guild-message.ts";
import { checkGuildMessage } from "./message-rules.ts";
import { defineCall } from "./operation.ts";
import { rowsOf } from "./rows.ts";

export const sendChannelMessage = defineCall({
  name: "send_channel_message",
  title: "Send to a text channel (raw call) (发送子频道消息)",
  summary:
    "One message to a guild text channel exactly as given; send_message is simpler. With msg_id a passive reply, otherwise one of 20 active messages a day. The bot must be connected to the gateway.",
  toolset: "message",
  permission: "send",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "POST",
  path: "/channels/{channel_id}/messages",
  input: z
    .strictObject({ channel_id: channelId, ...guildMessage })
    .refine(hasContent, contentMissing)
    .superRefine(checkGuildMessage("channel")),
  file: "file_image",
  output: guildMessageAnswer,
  docs: docsPage("message/post_messages"),
});

export const getChannelMessage = defineCall({
  name: "get_channel_message",
  title: "Read one channel message (子频道消息详情)",
  summary: "One message of a text channel. Legacy: still in the SDKs, gone from the current documents.",
  toolset: "message",
  permission: "read",
  scope: { channel: "channel_id" },
  status: "legacy",
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/messages/{message_id}",
  input: z.strictObject({ channel_id: channelId, message_id: messageId }),
  output: guildMessageAnswer,
  docs: "https://github.com/tencent-connect/bot-oas/blob/main/v1/openapi.yaml",
  decode: (data) => (isRecord(data) && isRecord(data.message) ? data.message : data),
});

const neighbours = ["around", "before", "after"] as const;

export const listChannelMessages = defineCall({
  name: "list_channel_messages",
  title: "Read channel messages (子频道消息列表)",
  summary:
    "Messages of a text channel around, before or after a message id. Undocumented: known from an official SDK only, probably for private-domain bots.",
  toolset: "message",
  permission: "read",
  scope: { channel: "channel_id" },
  status: "undocumented",
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/messages",
  input: z
    .strictObject({
      channel_id: channelId,
      around: messageId.optional().describe("Message id; one of around, before, after at most"),
      before: messageId.optional().describe("Message id"),
      after: messageId.optional().describe("Message id"),
      limit: pageSize(pageLimits.channelMessages, 20),
    })
    .refine((input) => neighbours.filter((field) => input[field] !== undefined).length <= 1, {
      path: ["around"],
      message: "only one of around, before, after can be given",
    }),
  concise: ["id", "content", "timestamp", "author", "username", "bot", "pinned", "attachments", "url"],
  output: z.looseObject({ messages: z.array(guildMessageAnswer) }),
  docs: "https://github.com/tencent-connect/botgo/blob/master/openapi/v1/message.go",
  decode: (data) => ({ messages: rowsOf(data, "messages") }),
});

export const recallChannelMessage = defineCall({
  name: "recall_channel_message",
  title: "Recall a channel message (撤回子频道消息)",
  summary: "Recall a message of a text channel; as admin also those of ordinary members. Private-domain bots only.",
  toolset: "message",
  permission: "destroy",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}/messages/{message_id}",
  input: z.strictObject({
    channel_id: channelId,
    message_id: messageId,
    hidetip: z.boolean().optional().describe("true hides the grey notice; default false"),
  }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("message/send-receive/reset"),
  settle: (context, input) => context.sent.markRecalled({ scene: "channel", id: input.channel_id }, input.message_id),
});
