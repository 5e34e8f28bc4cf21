import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { channelId, guildId, userId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { memberAnswer } from "./member-answer.ts";
import { defineCall } from "./operation.ts";
import { rowsOf } from "./rows.ts";

const channel = z.looseObject({
  id: z.string(),
  guild_id: z.string().optional(),
  name: z.string(),
  type: z.number().describe("0 text, 2 voice, 4 category, 10005 live, 10006 application, 10007 forum"),
  sub_type: z.number().optional().describe("Text: 0 chat, 1 announcement, 2 guide, 3 team-up"),
  position: z.number().optional(),
  parent_id: z.string().optional().describe("Category"),
  parent_name: z.string().optional(),
  kind: z.string().optional().describe("type and sub_type as a word"),
  owner_id: z.string().optional(),
  private_type: z.number().optional().describe("0 public, 1 owner and admins, 2 also listed members"),
  speak_permission: z.number().optional().describe("1 everyone, 2 owner, admins and listed members"),
  application_id: z.string().optional(),
  permissions: z.string().optional().describe("Bits as a decimal string"),
});

export const listChannels = defineCall({
  name: "list_channels",
  title: "Channels of a guild (子频道列表)",
  summary: "Channels (子频道) of a guild with names, ids and kinds. Messages go to text and announcement ones only.",
  toolset: "guild",
  permission: "read",
  scope: { guild: "guild_id" },
  listed: true,
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/channels",
  input: z.strictObject({ guild_id: guildId }),
  output: z.looseObject({ channels: z.array(channel) }),
  docs: docsPage("channel/manage/channel/get_channels"),
  concise: ["id", "name", "kind", "parent_name"],
  decode: (data) => ({ channels: withNames(rowsOf(data, "channels")) }),
});

/** Numbers of the platform in words; the names of the categories are in the same list. */
function withNames(rows: readonly unknown[]): unknown[] {
  const names = new Map(rows.filter(isRecord).map((row) => [row.id, row.name]));
  return rows.map((row) => {
    if (!isRecord(row)) return row;
    const kind = row.type === 0 ? textKinds[Number(row.sub_type ?? 0)] : kinds[String(row.type)];
    const parent = names.get(row.parent_id);
    return { ...row, ...(kind ? { kind } : {}), ...(typeof parent === "string" ? { parent_name: parent } : {}) };
  });
}

const kinds: Readonly<Record<string, string>> = {
  2: "voice",
  4: "category",
  10005: "live",
  10006: "application",
  10007: "forum",
};
const textKinds = ["text", "announcement", "guide", "team-up"];

export const getChannel = defineCall({
  name: "get_channel",
  title: "Channel details (子频道详情)",
  summary: "Name, type, guild and permissions of one channel.",
  toolset: "guild",
  permission: "read",
  scope: { channel: "channel_id" },
  listed: true,
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}",
  input: z.strictObject({ channel_id: channelId }),
  output: channel,
  docs: docsPage("channel/manage/channel/get_channel"),
});

const name = z.string().min(1).max(128).describe("Name");
const position = z
  .int()
  .min(1)
  .max(10_000)
  .describe("Place in the list from 1, categories from 2; a taken place is inserted before. Default: the end");
const parent = channelId.describe("Id of the category it belongs to");
const privateType = z
  .literal([0, 1, 2])
  .describe("Who sees it: 0 everybody, 1 owner and admins, 2 also listed members");
const speakPermission = z
  .literal([0, 1, 2])
  .describe("Who writes: 0 unset, 1 everybody, 2 owner, admins and listed members");

export const createChannel = defineCall({
  name: "create_channel",
  title: "Create a channel (创建子频道)",
  summary:
    "New text, voice, live, application or forum channel, or category, in a guild. The bot must be a guild administrator; private-domain bots only.",
  toolset: "guild",
  permission: "manage",
  scope: { guild: "guild_id" },
  service: "bot",
  method: "POST",
  path: "/guilds/{guild_id}/channels",
  input: z.strictObject({
    guild_id: guildId,
    name,
    type: z
      .literal([0, 2, 4, 10005, 10006, 10007])
      .describe("0 text, 2 voice, 4 category, 10005 live, 10006 application, 10007 forum"),
    sub_type: z.literal([0, 1, 2, 3]).optional().describe("Text only: 0 chat, 1 announcement, 2 guide, 3 team-up"),
    position: position.optional(),
    parent_id: parent.optional(),
    private_type: privateType.optional(),
    private_user_ids: z.array(userId).max(100).optional().describe("Members who see it, with private_type 2"),
    speak_permission: speakPermission.optional(),
    application_id: z
      .string()
      .regex(/^\d{1,20}$/, "must be digits")
      .optional()
      .describe("Type 10006 only: 1000050 schedule reminder, 1000070 CoDM hall, 1000010 vote, 1000001 games"),
  }),
  output: channel,
  docs: docsPage("channel/manage/channel/post_channels"),
  // An old description of the API answers with a list of one.
  decode: (data) => (Array.isArray(data) ? data[0] : data),
});

export const updateChannel = defineCall({
  name: "update_channel",
  title: "Change a channel (修改子频道)",
  summary:
    "Rename, move or open and close a channel; what is left out stays. The bot must be a guild administrator; private-domain bots only.",
  toolset: "guild",
  permission: "manage",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "PATCH",
  path: "/channels/{channel_id}",
  input: z
    .strictObject({
      channel_id: channelId,
      name: name.optional(),
      position: position.optional(),
      parent_id: parent.optional(),
      private_type: privateType.optional(),
      speak_permission: speakPermission.optional(),
    })
    .refine((input) => Object.keys(input).length > 1, { path: ["name"], message: "nothing to change was given" }),
  output: channel,
  docs: docsPage("channel/manage/channel/patch_channel"),
});

export const deleteChannel = defineCall({
  name: "delete_channel",
  title: "Delete a channel (删除子频道)",
  summary:
    "Delete a channel with everything in it; cannot be undone. The bot must be a guild administrator; private-domain bots only.",
  toolset: "guild",
  permission: "destroy",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}",
  input: z.strictObject({ channel_id: channelId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/manage/channel/delete_channel"),
});

export const getChannelOnlineNums = defineCall({
  name: "get_channel_online_nums",
  title: "People in a voice channel (音视频子频道在线人数)",
  summary: "How many people are in a voice or live channel now.",
  toolset: "guild",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/online_nums",
  input: z.strictObject({ channel_id: channelId }),
  output: z.looseObject({ online_nums: z.number() }),
  docs: docsPage("channel/role/get_online_nums"),
});

export const listVoiceMembers = defineCall({
  name: "list_voice_members",
  title: "Who is in a voice channel (语音子频道成员)",
  summary:
    "Members in a voice channel now; other channels are refused with 13011. Private-domain bots only. Undocumented: known from official SDKs only.",
  toolset: "guild",
  permission: "read",
  scope: { channel: "channel_id" },
  status: "undocumented",
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/voice/members",
  input: z.strictObject({ channel_id: channelId }),
  output: z.looseObject({ members: z.array(memberAnswer) }),
  docs: "https://github.com/tencent-connect/botgo",
  decode: (data) => ({ members: rowsOf(data, "members") }),
});
