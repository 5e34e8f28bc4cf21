import { InputError } from "../core/errors.ts";
import { openid } from "./identity.ts";
import type { Platform } from "./platform.ts";
import { refuse } from "./refusal.ts";
import type { Group, GroupMember, User } from "./world.ts";

/** Somebody outside who asks to be let in. */
export interface JoinRequest {
  id: string;
  user: User;
  memberOpenid: string;
  message: string;
  /** Member who invited them; absent when they asked by themselves. */
  invitedBy?: string;
  at: number;
}

/** What changes about a group besides its members. */
export interface GroupState {
  /** QQ's public number of the group. */
  number: string;
  bot: { role: "member" | "admin"; isIn: boolean; joinedAt: string; mutedUntil: number };
  /** Only owner and admins may speak. */
  isMuted: boolean;
  /** Member openid -> end, epoch ms. */
  mutes: Map<string, number>;
  requests: JoinRequest[];
  blacklist: { user: User; memberOpenid: string; at: number }[];
}

export function makeGroupState(facts: { number: string; joinedAt: string; botRole: "member" | "admin" }): GroupState {
  return {
    number: facts.number,
    bot: { role: facts.botRole, isIn: true, joinedAt: facts.joinedAt, mutedUntil: 0 },
    isMuted: false,
    mutes: new Map(),
    requests: [],
    blacklist: [],
  };
}

/** The group pages publish no codes of their own for wrong input: the general one of the API stands in. */
export const badGroupInput = 40011000;

/** The group of a call; refuses groups that the bot is not in. */
export function groupOf(platform: Platform, id: string | undefined): Group {
  const group = platform.world.groups.find((candidate) => candidate.id === id);
  return group?.state.bot.isIn ? group : refuse(40054003, "the bot is not in the group");
}

/** Stable for a person in a group, whether they are in it or not. */
export function memberOpenidOf(platform: Platform, group: Group, user: User): string {
  return openid(platform.app.appId, "member", group.id, user.id);
}

/** Anybody of the world by their openid in this group. */
export function personOf(platform: Platform, group: Group, memberOpenid: unknown): User | undefined {
  return platform.world.users.find((user) => memberOpenidOf(platform, group, user) === memberOpenid);
}

export function memberOf(group: Group, memberOpenid: unknown): GroupMember | undefined {
  return group.members.find((member) => member.memberOpenid === memberOpenid);
}

/** Muted people cannot write; owner and admins always can. Throws InputError for the control API. */
export function checkMaySpeak(group: Group, user: User, now: number): void {
  const member = group.members.find((candidate) => candidate.user === user);
  if (member?.role !== "member") return;
  if (group.state.isMuted) throw new InputError("as", `${group.name} is muted: only the owner and admins may write`);
  const until = group.state.mutes.get(member.memberOpenid) ?? 0;
  if (until > now) throw new InputError("as", `${user.id} is muted until ${new Date(until).toISOString()}`);
}
