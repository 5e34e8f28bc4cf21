import { z } from "zod";
import { guildId, messageId, userId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { contentMissing, guildMessage, guildMessageAnswer, hasContent } from "./guild-message.ts";
import { checkGuildMessage } from "./message-rules.ts";
import { defineCall } from "./operation.ts";

const sessionId = guildId.describe("guild_id of the DM session; not the id of the guild where you met");

export const createDmSession = defineCall({
  name: "create_dm_session",
  title: "Open a DM session (创建频道私信会话)",
  summary: "Open a private session (频道私信) with a guild member; the guild_id it returns is the id for scene dms.",
  toolset: "message",
  permission: "send",
  scope: { guild: "source_guild_id" },
  listed: true,
  service: "bot",
  method: "POST",
  path: "/users/@me/dms",
  input: z.strictObject({
    recipient_id: userId.describe("Person: guild user id or name"),
    source_guild_id: guildId.describe("Guild that both are in"),
  }),
  output: z.looseObject({
    guild_id: z.string().describe("id of the session"),
    channel_id: z.string().optional(),
    create_time: z.union([z.string(), z.number()]).optional(),
  }),
  docs: docsPage("message/dms/post_dms"),
  // An old description of the API answers with a list of one.
  decode: (data) => (Array.isArray(data) ? data[0] : data),
});

export const sendDmMessage = defineCall({
  name: "send_dm_message",
  title: "Send a DM (raw call) (发送频道私信)",
  summary:
    "One message to a DM session exactly as given; send_message is simpler. Active ones: 2 a day per person. The bot must be connected to the gateway.",
  toolset: "message",
  permission: "send",
  scope: { dms: "guild_id" },
  service: "bot",
  method: "POST",
  path: "/dms/{guild_id}/messages",
  input: z
    .strictObject({ guild_id: sessionId, ...guildMessage })
    .refine(hasContent, contentMissing)
    .superRefine(checkGuildMessage("dms")),
  file: "file_image",
  output: guildMessageAnswer,
  docs: docsPage("message/dms/post_dms_messages"),
});

export const recallDmMessage = defineCall({
  name: "recall_dm_message",
  title: "Recall a DM (撤回频道私信)",
  summary: "Recall the bot's own message in a DM session. Private-domain bots only.",
  toolset: "message",
  permission: "destroy",
  scope: { dms: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/dms/{guild_id}/messages/{message_id}",
  input: z.strictObject({
    guild_id: sessionId,
    message_id: messageId,
    hidetip: z.boolean().optional().describe("true hides the grey notice; default false"),
  }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("message/send-receive/reset"),
  settle: (context, input) => context.sent.markRecalled({ scene: "dms", id: input.guild_id }, input.message_id),
});
