import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { guildId, userId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { moment } from "./moment.ts";
import { defineCall } from "./operation.ts";

const digits = z.string().regex(/^\d{1,10}$/, "must be digits");
const until = {
  mute_end_timestamp: moment("seconds")
    .optional()
    .describe("End, like 2026-11-26T15:00+08:00 or Unix seconds as text; wins over mute_seconds; 0 unmutes"),
  mute_seconds: digits.optional().describe("How many seconds from now, as text; 0 unmutes"),
};
const saysWhen = (input: { mute_end_timestamp?: unknown; mute_seconds?: unknown }) =>
  input.mute_end_timestamp !== undefined || input.mute_seconds !== undefined;
const noTime = { path: ["mute_seconds"], message: "one of mute_seconds, mute_end_timestamp is needed" };

export const muteGuild = defineCall({
  name: "mute_guild",
  title: "Mute everybody in a guild (全员禁言)",
  summary: "Mute (or with 0 unmute) all but the administrators of a guild. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "PATCH",
  path: "/guilds/{guild_id}/mute",
  input: z.strictObject({ guild_id: guildId, ...until }).refine(saysWhen, noTime),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/speak/patch_guild_mute"),
});

export const muteMembers = defineCall({
  name: "mute_members",
  title: "Mute several members of a guild (批量禁言)",
  summary:
    "Mute (or with 0 unmute) the listed members; answers with those for whom it worked. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "PATCH",
  path: "/guilds/{guild_id}/mute",
  input: z
    // An empty list would mute everybody: the platform tells the two calls apart by it.
    .strictObject({ guild_id: guildId, user_ids: z.array(userId).min(1).max(100).describe("Members"), ...until })
    .refine(saysWhen, noTime),
  output: z.looseObject({ user_ids: z.array(z.string()).describe("Members for whom it worked") }),
  docs: docsPage("channel/speak/patch_guild_mute_multi_member"),
  decode: (data) => (isRecord(data) && Array.isArray(data.user_ids) ? data : { user_ids: [] }),
});

export const muteMember = defineCall({
  name: "mute_member",
  title: "Mute a member of a guild (禁言成员)",
  summary: "Mute (or with 0 unmute) one member of a guild. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "PATCH",
  path: "/guilds/{guild_id}/members/{user_id}/mute",
  input: z.strictObject({ guild_id: guildId, user_id: userId, ...until }).refine(saysWhen, noTime),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/speak/patch_guild_member_mute"),
});
