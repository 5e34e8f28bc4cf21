import { type Answer, type Call, ok, type Route, recordOf, textOf } from "../call.ts";
import { guildMessageId } from "../identity.ts";
import { refuse } from "../refusal.ts";
import { guildOf } from "./guild.ts";

/** What a guild can grant a bot, as the list shows it. */
const apis = [
  ["GET", "/guilds/{guild_id}/members", "获取频道成员列表"],
  ["GET", "/guilds/{guild_id}/members/{user_id}", "获取频道成员详情"],
  ["DELETE", "/guilds/{guild_id}/members/{user_id}", "删除频道成员"],
  ["GET", "/guilds/{guild_id}/channels", "获取子频道列表"],
  ["POST", "/guilds/{guild_id}/channels", "创建子频道"],
  ["PATCH", "/channels/{channel_id}", "修改子频道"],
  ["DELETE", "/channels/{channel_id}", "删除子频道"],
  ["POST", "/channels/{channel_id}/messages", "发送消息"],
  ["DELETE", "/channels/{channel_id}/messages/{message_id}", "撤回消息"],
  ["POST", "/guilds/{guild_id}/roles", "创建频道身份组"],
  ["PATCH", "/guilds/{guild_id}/mute", "频道全员禁言"],
  ["POST", "/guilds/{guild_id}/announces", "创建频道公告"],
  ["PUT", "/channels/{channel_id}/pins/{message_id}", "添加精华消息"],
  ["PUT", "/channels/{channel_id}/threads", "发表帖子"],
] as const;

const linksPerDay = 3;

/** What the guild granted the bot, and asking for more. */
export const apiPermissionRoutes: readonly Route[] = [
  {
    endpoint: "api_permission.list",
    method: "GET",
    path: "/guilds/{guild_id}/api_permission",
    handle: (call) => {
      guildOf(call.platform, call.params.guild_id);
      const rows = apis.map(([method, path, desc]) => ({
        ...{ path, method, desc },
        auth_status: isGranted(call, method, path) ? 1 : 0,
      }));
      return ok({ apis: rows });
    },
  },
  {
    endpoint: "api_permission.demand",
    method: "POST",
    path: "/guilds/{guild_id}/api_permission/demand",
    handle: demand,
  },
];

function demand(call: Call): Answer {
  const { platform, params, body } = call;
  const { guild } = guildOf(platform, params.guild_id);
  const wanted = recordOf(body, "api_identify") ?? refuse(610008, "bad parameter: api_identify");
  const desc = textOf(body, "desc") ?? refuse(610008, "bad parameter: desc");
  const channel = guild.channels.find(({ id, type }) => id === body.channel_id && type === 0);
  if (!channel) refuse(610008, "bad parameter: channel_id");
  const api = apis.find(([method, path]) => method === wanted.method && path === wanted.path);
  if (!api) refuse(610008, "bad parameter: no such API");
  if (isGranted(call, api[0], api[1])) refuse(610010, "the API is already granted");
  const quota = { key: `demand ${guild.id}`, limit: linksPerDay, perMs: 86_400_000 };
  if (platform.replies.take([quota])) refuse(610013, "3 links a day", 429);
  const title = `机器人申请接口权限：${api[2]}`;
  platform.chats.add({
    conversation: { scene: "channel", id: channel.id },
    row: {
      id: guildMessageId(),
      from: "bot",
      content: `${title}\n${desc}`,
      at: platform.clock.now(),
      kind: "text",
      mode: "active",
    },
    isReported: false,
  });
  return ok({
    guild_id: guild.id,
    channel_id: channel.id,
    api_identify: { path: api[1], method: api[0] },
    title,
    desc,
  });
}

function isGranted({ platform }: Call, method: string, path: string): boolean {
  return !platform.dials.ungrantedApis.includes(`${method} ${path}`);
}
