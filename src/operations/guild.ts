import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { guildId } from "../protocol/ids.ts";
import { pageLimits } from "../protocol/limits.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { docsPage } from "./docs-page.ts";
import { defineCall } from "./operation.ts";
import { nextAfter, rowsOf } from "./rows.ts";

const guild = z.looseObject({
  id: z.string(),
  name: z.string(),
  icon: z.string().optional(),
  owner_id: z.string().optional(),
  owner: z.boolean().optional().describe("The bot is the owner"),
  member_count: z.number().optional(),
  max_members: z.number().optional(),
  description: z.string().optional(),
  joined_at: z.string().optional(),
});

export const listGuilds = defineCall({
  name: "list_guilds",
  title: "Guilds of the bot (频道列表)",
  summary: "Guilds (频道) that the bot joined, with their ids. There is no such list of groups or friends.",
  toolset: "guild",
  permission: "read",
  scope: "bot",
  listed: true,
  service: "bot",
  method: "GET",
  path: "/users/@me/guilds",
  input: z.strictObject({
    before: guildId.optional().describe("Guild id: the page before it; wins over after"),
    after: guildId.optional().describe("Guild id: the page after it"),
    cursor,
    limit: pageSize(pageLimits.guilds, 50),
  }),
  continues: "after",
  listedFields: ["cursor", "limit"],
  concise: ["id", "name", "member_count"],
  output: z.looseObject({ guilds: z.array(guild), next_cursor: nextCursor }),
  docs: docsPage("channel/manage/guild/guilds"),
  decode(data, input) {
    const guilds = rowsOf(data, "guilds");
    const last = guilds.at(-1);
    const next = input.before === undefined ? nextAfter(isRecord(last) && last.id, guilds.length, input.limit) : {};
    return { guilds, ...next };
  },
});

export const getGuild = defineCall({
  name: "get_guild",
  title: "Guild details (频道详情)",
  summary: "Name, owner, size and description of a guild.",
  toolset: "guild",
  permission: "read",
  scope: { guild: "guild_id" },
  listed: true,
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}",
  input: z.strictObject({ guild_id: guildId }),
  output: guild,
  docs: docsPage("channel/manage/guild/get_guild"),
});

export const getMessageSetting = defineCall({
  name: "get_message_setting",
  title: "Active messages allowed in a guild (频道消息频率设置)",
  summary: "Whether the bot may open DMs and send active messages in a guild, in which channels and how many a day.",
  toolset: "guild",
  permission: "read",
  scope: { guild: "guild_id" },
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/message/setting",
  input: z.strictObject({ guild_id: guildId }),
  output: z.looseObject({
    // An older page types the two as text.
    disable_create_dm: z.union([z.boolean(), z.string()]).optional(),
    disable_push_msg: z.union([z.boolean(), z.string()]).optional(),
    channel_ids: z.array(z.string()).nullish().describe("Channels that may get active messages"),
    channel_push_max_num: z.union([z.number(), z.string()]).optional().describe("Active messages per channel and day"),
  }),
  docs: docsPage("channel/speak/setting/message_setting"),
});
