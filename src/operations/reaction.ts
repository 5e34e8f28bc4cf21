import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { channelId, messageId } from "../protocol/ids.ts";
import { pageLimits } from "../protocol/limits.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";

const docs = docsPage("message/trans/emoji");

const target = z.strictObject({
  channel_id: channelId,
  message_id: messageId.describe("Message id"),
  type: z.int().min(1).max(2).describe("1 system face, 2 emoji"),
  id: z
    .string()
    .regex(/^\d{1,10}$/, "must be digits")
    .describe("Face id (76 赞), or code point in decimal (128077 👍)"),
});

export const addReaction = defineCall({
  name: "add_reaction",
  title: "React to a message (添加表情表态)",
  summary: "Add the bot's reaction to a guild message. Groups and private chats have none.",
  toolset: "reaction",
  permission: "send",
  scope: { channel: "channel_id" },
  listed: true,
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/channels/{channel_id}/messages/{message_id}/reactions/{type}/{id}",
  input: target,
  output: doneAnswer,
  decode: readDone,
  docs,
});

export const removeReaction = defineCall({
  name: "remove_reaction",
  title: "Take a reaction back (取消表情表态)",
  summary: "Remove the bot's own reaction from a guild message.",
  toolset: "reaction",
  permission: "send",
  scope: { channel: "channel_id" },
  listed: true,
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}/messages/{message_id}/reactions/{type}/{id}",
  input: target,
  output: doneAnswer,
  decode: readDone,
  docs,
});

export const listReactionUsers = defineCall({
  name: "list_reaction_users",
  title: "Who reacted (表情表态用户列表)",
  summary: "People who left one kind of reaction on a guild message, page by page.",
  toolset: "reaction",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/messages/{message_id}/reactions/{type}/{id}",
  input: z.strictObject({
    ...target.shape,
    cookie: z.string().max(1024).optional().describe("cookie of the page before"),
    cursor,
    limit: pageSize(pageLimits.reactionUsers, 20),
  }),
  continues: "cookie",
  output: z.looseObject({
    users: z.array(z.looseObject({ id: z.string(), username: z.string().optional(), avatar: z.string().optional() })),
    cookie: z.string().optional(),
    is_end: z.boolean().optional(),
    next_cursor: nextCursor,
  }),
  docs,
  decode: (data) =>
    isRecord(data) && !data.is_end && data.cookie ? { ...data, next_cursor: data.cookie } : (data ?? {}),
});
