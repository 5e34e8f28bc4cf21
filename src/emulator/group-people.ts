import { type JoinRequest, memberOpenidOf } from "./group-state.ts";
import { secret } from "./identity.ts";
import { strategyFor } from "./join-strategies.ts";
import { type EventType, makeEvent } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { Group, GroupMember, User } from "./world.ts";
import { pushWorld } from "./world-push.ts";

/** Kinds that may be answered with their event_id. Source: page of 2026-09; GROUP_MEMBER_ADD by reports of users. */
const replyable: readonly EventType[] = ["GROUP_ADD_ROBOT", "GROUP_MSG_RECEIVE", "GROUP_MEMBER_ADD"];

/** Tells the bot of something in a group; returns the outer event id, null when it is not in there. */
export function tellOfGroup(platform: Platform, type: EventType, group: Group, facts: object): string | null {
  if (!group.state.bot.isIn && type !== "GROUP_DEL_ROBOT") return null;
  const event = makeEvent(type, facts);
  if (replyable.includes(type)) {
    platform.replies.noteEvent({
      id: event.id,
      conversation: { scene: "group", id: group.id },
      at: platform.clock.now(),
    });
  }
  platform.dispatch(event);
  return event.id;
}

function memberFacts(platform: Platform, group: Group, memberOpenid: string): object {
  return {
    timestamp: Math.floor(platform.clock.now() / 1000),
    group_openid: group.id,
    member_openid: memberOpenid,
    user_openid: "",
  };
}

/** Lets a person in: GROUP_MEMBER_ADD. A request of theirs is settled by it. */
export function admit(platform: Platform, group: Group, user: User): string | null {
  const memberOpenid = memberOpenidOf(platform, group, user);
  group.members.push({ user, memberOpenid, role: "member", joinedAt: platform.clock.timestamp() });
  group.state.requests = group.state.requests.filter((request) => request.user !== user);
  pushWorld(platform);
  return tellOfGroup(platform, "GROUP_MEMBER_ADD", group, memberFacts(platform, group, memberOpenid));
}

/** A member leaves or is removed: GROUP_MEMBER_REMOVE. */
export function takeOut(platform: Platform, group: Group, member: GroupMember): string | null {
  group.members = group.members.filter((candidate) => candidate !== member);
  group.state.mutes.delete(member.memberOpenid);
  pushWorld(platform);
  return tellOfGroup(platform, "GROUP_MEMBER_REMOVE", group, memberFacts(platform, group, member.memberOpenid));
}

export function ban(platform: Platform, group: Group, user: User): void {
  const { state } = group;
  if (state.blacklist.some((entry) => entry.user === user)) return;
  state.blacklist.push({ user, memberOpenid: memberOpenidOf(platform, group, user), at: platform.clock.now() });
}

/** Somebody asks to join: kept for the admins, or let in by a strategy. GROUP_JOIN_REQUEST only reaches admins. */
export function askToJoin(
  platform: Platform,
  ask: { group: Group; user: User; message: string; invitedBy?: string },
): { join_request_id: string; event_id: string | null; strategy_id: string | null } {
  const { group, user, ...rest } = ask;
  const request: JoinRequest = {
    ...rest,
    user,
    id: `AV${secret(48)}`,
    memberOpenid: memberOpenidOf(platform, group, user),
    at: platform.clock.now(),
  };
  group.state.requests.push(request);
  const strategy = strategyFor(platform, group, user);
  const facts = {
    group_openid: group.id,
    ...wireRequest(platform, request),
    union_openid: "",
    ...(strategy ? { auto_approved: { strategy_id: strategy.id } } : {}),
  };
  const isAdmin = group.state.bot.role === "admin";
  const eventId = isAdmin ? tellOfGroup(platform, "GROUP_JOIN_REQUEST", group, facts) : null;
  if (strategy) admit(platform, group, user);
  return { join_request_id: request.id, event_id: eventId, strategy_id: strategy?.id ?? null };
}

/** As in the list of requests and in the event. */
export function wireRequest(platform: Platform, request: JoinRequest): object {
  const { invitedBy } = request;
  return {
    join_request_id: request.id,
    risk_tips: "",
    member_openid: request.memberOpenid,
    username: request.user.name,
    apply_at: platform.clock.timestamp(request.at),
    apply_source: invitedBy ? "invited" : "self_apply",
    bot: false,
    ...(invitedBy
      ? { invited_by: invitedBy }
      : { verify_info: { method: "verify_message", verify_message: request.message } }),
  };
}
