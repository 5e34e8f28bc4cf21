import { z } from "zod";
import { eventSpecs } from "../src/protocol/events.ts";
import { table } from "./skill-page.ts";

const group = "GROUP_AT_MESSAGE_CREATE GROUP_MESSAGE_CREATE";
const guild = "AT_MESSAGE_CREATE DIRECT_MESSAGE_CREATE";
const click = "INTERACTION_CREATE";

/** What nearly every bot reads of `d`. */
const fields: readonly (readonly [events: string, path: string, meaning: string])[] = [
  ["C2C_MESSAGE_CREATE", "author.user_openid", "谁说的，也是会话：`/v2/users/{user_openid}/messages`"],
  [group, "group_openid", "哪个群：`/v2/groups/{group_openid}/messages`"],
  [group, "author.member_openid", "群里谁说的"],
  [group, "author.member_role", "他在群里是 `owner`、`admin` 还是 `member`"],
  [`C2C_MESSAGE_CREATE ${group} ${guild}`, "author.bot", "是别的机器人说的：不回"],
  [group, "mentions[].is_you", "@ 的是不是机器人"],
  ["AT_MESSAGE_CREATE", "channel_id", "哪个子频道：`/channels/{channel_id}/messages`"],
  ["DIRECT_MESSAGE_CREATE", "guild_id", "哪个私信会话：`/dms/{guild_id}/messages`"],
  [guild, "author.id", "频道里谁说的"],
  [guild, "member.roles", "他的身份组"],
  [click, "id", '确认用：`PUT /interactions/{id}`，正文 `{"code": 0}`'],
  [click, "data.resolved.button_id", "点了哪个按钮"],
  [click, "data.resolved.button_data", "这个按钮的 `action.data`"],
  [click, "chat_type", "在哪里点的：0 频道，1 群，2 私聊"],
  [click, "group_openid", "群；`group_member_openid` 是点的人"],
  [click, "user_openid", "私聊，也是点的人"],
  [click, "channel_id", "子频道；`data.resolved.user_id` 是点的人"],
];

/** A section of the page about events; throws at a field that its event does not have. */
export function fieldPart(): string[] {
  const rows = fields.map(([events, path, meaning]) => {
    for (const event of events.split(" ")) hold(event, path);
    return [events.replace(/\w+/g, "`$&`").replaceAll(" ", "、"), `\`${path}\``, meaning];
  });
  return ["## `d` 里常用的字段", "", ...table("事件 字段 含义", rows)];
}

function hold(event: string, path: string): void {
  const spec = eventSpecs.find(({ type }) => type === event);
  const shape = spec ? JSON.stringify(z.toJSONSchema(spec.schema, { unrepresentable: "any", io: "input" })) : "";
  const missing = path.split(/\W+/).find((name) => name !== "" && !shape.includes(`"${name}":`));
  if (missing) throw new Error(`docs/skill-fields.ts: ${event} has no ${missing} (${path})`);
}
