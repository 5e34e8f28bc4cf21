import { z } from "zod";
import { channelId, guildId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
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
  owner_id: z.string().optional(),
  private_type: z.number().optional().describe("0 public, 1 owner and admins, 2 also listed members"),
  speak_permission: z.number().optional().describe("1 everyone, 2 owner, admins and listed members"),
  application_id: z.string().optional(),
  permissions: z.string().optional().describe("Bits as a decimal string"),
});

export const listChannels = defineCall({
  name: "list_channels",
  title: "Channels of a guild",
  summary: "Channels (子频道) of a guild with names, ids and types. Messages can be sent to type 0 only.",
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
  decode: (data) => ({ channels: rowsOf(data, "channels") }),
});

export const getChannel = defineCall({
  name: "get_channel",
  title: "Channel details",
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
