import { type Call, ok, type Route, textOf } from "../call.ts";
import { memberBitsIn, roleBitsIn } from "../guild-state.ts";
import { refuse } from "../refusal.ts";
import { guildChannelOf, guildMemberOf, requireAdmin } from "./guild.ts";

const memberPath = "/channels/{channel_id}/members/{user_id}/permissions";
const rolePath = "/channels/{channel_id}/roles/{role_id}/permissions";
const manageBit = 2n;

/** What members and roles may do in one channel. */
export const channelPermissionRoutes: readonly Route[] = [
  {
    endpoint: "channel_permissions.member.get",
    method: "GET",
    path: memberPath,
    handle: ({ platform, params }) => {
      const { guild, channel } = guildChannelOf(platform, params.channel_id);
      requireAdmin(platform);
      const permissions = String(memberBitsIn(channel, guildMemberOf(guild, params.user_id)));
      return ok({ channel_id: channel.id, user_id: params.user_id, permissions });
    },
  },
  {
    endpoint: "channel_permissions.member.set",
    method: "PUT",
    path: memberPath,
    handle: (call) => {
      const { guild, channel } = guildChannelOf(call.platform, call.params.channel_id);
      requireAdmin(call.platform);
      const id = guildMemberOf(guild, call.params.user_id).user.guildUserId;
      channel.state.memberBits.set(id, changed(call, channel.state.memberBits.get(id) ?? 0n));
      return { status: 204 };
    },
  },
  {
    endpoint: "channel_permissions.role.get",
    method: "GET",
    path: rolePath,
    handle: (call) => {
      const { channel, roleId } = target(call);
      return ok({ channel_id: channel.id, role_id: roleId, permissions: String(roleBitsIn(channel, roleId)) });
    },
  },
  {
    endpoint: "channel_permissions.role.set",
    method: "PUT",
    path: rolePath,
    handle: (call) => {
      const { channel, roleId } = target(call);
      channel.state.roleBits.set(roleId, changed(call, roleBitsIn(channel, roleId)));
      return { status: 204 };
    },
  },
];

function target({ platform, params }: Call) {
  const { guild, channel } = guildChannelOf(platform, params.channel_id);
  requireAdmin(platform);
  const roleId = params.role_id ?? "";
  if (!guild.roles.some((role) => role.id === roleId)) refuse(12001, "unknown role");
  return { channel, roleId };
}

/** `remove` wins where a bit is in both; the right to manage is not given here. */
function changed({ body }: Call, before: bigint): bigint {
  const add = bitsOf(body, "add");
  const remove = bitsOf(body, "remove");
  if (add === undefined && remove === undefined) refuse(301000, "channel permission: add or remove is needed");
  if (((add ?? 0n) | (remove ?? 0n)) & manageBit) refuse(301000, "channel permission: manage cannot be changed here");
  return (before | (add ?? 0n)) & ~(remove ?? 0n);
}

function bitsOf(body: Call["body"], field: string): bigint | undefined {
  if (body[field] === undefined || body[field] === null) return undefined;
  const text = textOf(body, field);
  return text && /^\d{1,20}$/.test(text) ? BigInt(text) : refuse(301000, `channel permission: bad ${field}`);
}
