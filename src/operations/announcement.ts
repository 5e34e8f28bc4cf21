import { z } from "zod";
import { channelId, guildId, messageId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";

export const createAnnouncement = defineCall({
  name: "create_announcement",
  title: "Create a guild announcement (创建频道公告)",
  summary:
    "Announce a message (message_id with channel_id), or recommend up to 3 channels; each displaces the other. The bot must be a guild administrator.",
  toolset: "content",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "POST",
  path: "/guilds/{guild_id}/announces",
  input: z
    .strictObject({
      guild_id: guildId,
      message_id: messageId.optional().describe("Message to announce"),
      channel_id: channelId.optional().describe("Channel of that message"),
      announces_type: z.literal([0, 1]).optional().describe("Of recommended channels: 0 member (default), 1 welcome"),
      recommend_channels: z
        .array(
          z.strictObject({
            channel_id: channelId.describe("Channel that everybody sees"),
            introduce: z.string().max(256).describe("A word about it"),
          }),
        )
        .min(1)
        .max(3)
        .optional()
        .describe("Channels to recommend; replaces the whole list"),
    })
    .refine((input) => (input.message_id === undefined) !== (input.recommend_channels === undefined), {
      path: ["message_id"],
      message: "either message_id or recommend_channels is needed",
    })
    .refine((input) => (input.message_id === undefined) === (input.channel_id === undefined), {
      path: ["channel_id"],
      message: "channel_id goes with message_id",
    }),
  output: z.looseObject({
    guild_id: z.string().optional(),
    channel_id: z.string().optional(),
    message_id: z.string().optional(),
    announces_type: z.number().optional(),
    recommend_channels: z.array(z.looseObject({ channel_id: z.string().optional() })).nullish(),
  }),
  docs: docsPage("channel/content/announces/post_guild_announces"),
});

export const deleteAnnouncement = defineCall({
  name: "delete_announcement",
  title: "Delete a guild announcement (删除频道公告)",
  summary: "Take an announcement down; message_id all takes everything down, recommended channels too.",
  toolset: "content",
  permission: "destroy",
  undo: "create_announcement announces it again.",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/guilds/{guild_id}/announces/{message_id}",
  input: z.strictObject({ guild_id: guildId, message_id: messageId.describe("The announced message, or all") }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/announces/delete_guild_announces"),
});
