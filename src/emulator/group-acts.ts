import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { type Act, defineAct } from "./act.ts";
import { missing } from "./control-errors.ts";
import { admit, askToJoin, ban, takeOut, tellOfGroup } from "./group-people.ts";
import { userOf } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { Group, GroupMember, User } from "./world.ts";

const group = z.string().min(1);
const as = z.string().min(1);
const seconds = z
  .int()
  .min(0)
  .max(30 * 86_400);

/** What people do in and around groups, besides writing. */
export const groupActs: Readonly<Record<string, Act>> = {
  ask_to_join_group: defineAct(
    z.strictObject({ group, as, message: z.string().max(200).default(""), invited_by: z.string().optional() }),
    (platform, input) => {
      const target = groupNamed(platform, input.group);
      const user = outsider(platform, target, input.as);
      if (target.state.blacklist.some((entry) => entry.user === user)) {
        throw new InputError("as", `${user.id} is on the blacklist of ${target.name}`);
      }
      if (target.state.requests.some((request) => request.user === user)) {
        throw new InputError("as", `${user.id} already asks to join ${target.name}`);
      }
      const inviter = input.invited_by === undefined ? undefined : memberNamed(platform, target, input.invited_by);
      return askToJoin(platform, {
        ...{ group: target, user, message: input.message },
        ...(inviter ? { invitedBy: inviter.memberOpenid } : {}),
      });
    },
  ),
  join_group: defineAct(z.strictObject({ group, as }), (platform, input) => {
    const target = groupNamed(platform, input.group);
    return { event_id: admit(platform, target, outsider(platform, target, input.as)) };
  }),
  leave_group: defineAct(z.strictObject({ group, as, banned: z.boolean().default(false) }), (platform, input) => {
    const target = groupNamed(platform, input.group);
    const member = memberNamed(platform, target, input.as);
    if (member.role === "owner") throw new InputError("as", `${member.user.id} owns the group`);
    if (input.banned) ban(platform, target, member.user);
    return { event_id: takeOut(platform, target, member) };
  }),
  mute_in_group: defineAct(z.strictObject({ group, as, seconds }), (platform, input) => {
    const target = groupNamed(platform, input.group);
    const member = memberNamed(platform, target, input.as);
    if (member.role !== "member") throw new InputError("as", "owner and admins cannot be muted");
    const until = platform.clock.now() + input.seconds * 1000;
    target.state.mutes.set(member.memberOpenid, until);
    return { muted_until: until };
  }),
  mute_group: defineAct(z.strictObject({ group, muted: z.boolean() }), (platform, input) => {
    groupNamed(platform, input.group).state.isMuted = input.muted;
    return { muted: input.muted };
  }),
  mute_bot: defineAct(z.strictObject({ group, seconds }), (platform, input) => {
    const until = platform.clock.now() + input.seconds * 1000;
    groupNamed(platform, input.group).state.bot.mutedUntil = until;
    return { muted_until: until };
  }),
  set_bot_role: defineAct(z.strictObject({ group, role: z.enum(["member", "admin"]) }), (platform, input) => {
    groupNamed(platform, input.group).state.bot.role = input.role;
    return { role: input.role };
  }),
  add_bot_to_group: defineAct(z.strictObject({ group, as }), (platform, input) => {
    const target = groupNamed(platform, input.group);
    if (target.state.bot.isIn) throw new InputError("group", `the bot is already in ${target.name}`);
    const member = memberNamed(platform, target, input.as);
    Object.assign(target.state.bot, { isIn: true, role: "member", joinedAt: platform.clock.timestamp() });
    return { event_id: tellOfGroup(platform, "GROUP_ADD_ROBOT", target, byMember(platform, target, member)) };
  }),
  remove_bot_from_group: defineAct(z.strictObject({ group, as }), (platform, input) => {
    const target = groupNamed(platform, input.group);
    if (!target.state.bot.isIn) throw new InputError("group", `the bot is not in ${target.name}`);
    const member = memberNamed(platform, target, input.as);
    target.state.bot.isIn = false;
    return { event_id: tellOfGroup(platform, "GROUP_DEL_ROBOT", target, byMember(platform, target, member)) };
  }),
  allow_group_messages: defineAct(z.strictObject({ group, as, allowed: z.boolean() }), (platform, input) => {
    const target = groupNamed(platform, input.group);
    const member = memberNamed(platform, target, input.as);
    const others = platform.dials.activeRefusedBy.filter((id) => id !== target.id);
    platform.dials.activeRefusedBy = input.allowed ? others : [...others, target.id];
    const type = input.allowed ? "GROUP_MSG_RECEIVE" : "GROUP_MSG_REJECT";
    return { event_id: tellOfGroup(platform, type, target, byMember(platform, target, member)) };
  }),
};

function groupNamed(platform: Platform, id: string): Group {
  const found = platform.world.groups.find((candidate) => candidate.id === id);
  if (!found) throw missing("group", `no group ${id}`);
  return found;
}

function memberNamed(platform: Platform, target: Group, id: string): GroupMember {
  const user = userOf(platform, id);
  const member = target.members.find((candidate) => candidate.user === user);
  if (!member) throw new InputError("as", `${id} is not in ${target.name}`);
  return member;
}

function outsider(platform: Platform, target: Group, id: string): User {
  const user = userOf(platform, id);
  if (target.members.some((member) => member.user === user)) {
    throw new InputError("as", `${id} is already in ${target.name}`);
  }
  return user;
}

function byMember(platform: Platform, target: Group, member: GroupMember): object {
  return {
    group_openid: target.id,
    op_member_openid: member.memberOpenid,
    timestamp: Math.floor(platform.clock.now() / 1000),
  };
}
