import { groupLimits, pageLimits } from "../../protocol/limits.ts";
import { type Call, ok, type Route } from "../call.ts";
import { ban, takeOut } from "../group-people.ts";
import { badGroupInput, groupOf, memberOf, personOf } from "../group-state.ts";
import { pageOf } from "../paging.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import type { Group } from "../world.ts";
import { managedGroup, openidsOf, requireOpen } from "./group-manage.ts";

const blacklist = "/v2/groups/{group_openid}/member_blacklist";

/** Members of groups, their removal and the blacklist: by invitation. */
export const groupMemberRoutes: readonly Route[] = [
  {
    endpoint: "group.members.list",
    method: "GET",
    path: "/v2/groups/{group_openid}/members",
    handle: ({ platform, params, query }) => {
      requireOpen(platform.dials.hasGroupMembers);
      const members = wireMembers(platform, groupOf(platform, params.group_openid));
      const size = groupLimits.membersPerPage;
      const cursor = query.cursor === undefined ? {} : { cursor: query.cursor };
      const { rows, next_cursor } = pageOf(members, cursor, { fallback: size, max: size, badCursor: badGroupInput });
      return ok({ members: rows, next_cursor });
    },
  },
  {
    endpoint: "group.members.get",
    method: "GET",
    path: "/v2/groups/{group_openid}/members/{member_openid}",
    handle: ({ platform, params }) => {
      requireOpen(platform.dials.hasGroupMembers);
      const members = wireMembers(platform, groupOf(platform, params.group_openid));
      const member = members.find((candidate) => candidate.member_openid === params.member_openid);
      return ok(member ?? refuse(badGroupInput, "member_openid is not in the group"));
    },
  },
  {
    endpoint: "group.members.remove",
    method: "POST",
    path: "/v2/groups/{group_openid}/batch_remove_members",
    handle: ({ platform, params, body }) => {
      requireOpen(platform.dials.hasGroupMembers);
      const group = managedGroup(platform, params.group_openid);
      const leaving = openidsOf(body, "member_openids", groupLimits.perCall).map((id) => {
        const member = memberOf(group, id) ?? refuse(badGroupInput, "member_openid is not in the group");
        if (member.role !== "member") refuse(badGroupInput, "owner and admins cannot be removed");
        return member;
      });
      for (const member of new Set(leaving)) {
        if (body.add_to_member_blacklist === true) ban(platform, group, member.user);
        takeOut(platform, group, member);
      }
      return ok({ remove_members_result: "success", add_to_member_blacklist_fail_openids: [] });
    },
  },
  {
    endpoint: "group.blacklist.list",
    method: "GET",
    path: blacklist,
    handle: ({ platform, params, query }) => {
      requireOpen(platform.dials.hasGroupMembers);
      const { state } = managedGroup(platform, params.group_openid);
      const limits = { fallback: 20, max: pageLimits.blacklist, badCursor: badGroupInput };
      const { rows, next_cursor } = pageOf(state.blacklist, query, limits);
      const users = rows.map(({ user, memberOpenid, at }) => ({
        member_openid: memberOpenid,
        username: user.name,
        banned_at: platform.clock.timestamp(at),
        bot: false,
      }));
      return ok({ users, next_cursor });
    },
  },
  { endpoint: "group.blacklist.update", method: "POST", path: blacklist, handle: changeBlacklist },
];

/** Only people outside can be put on it; who cannot be changed is named in the answer. */
function changeBlacklist({ platform, params, body }: Call) {
  requireOpen(platform.dials.hasGroupMembers);
  const group = managedGroup(platform, params.group_openid);
  const { op } = body;
  if (op !== "add" && op !== "del") refuse(badGroupInput, "op must be add or del");
  const ids = openidsOf(body, "member_openids", groupLimits.perCall);
  const failed = ids.filter((id) => (op === "add" ? !addTo(platform, group, id) : !dropFrom(group, id)));
  return ok({ fail_openids: failed });
}

function addTo(platform: Platform, group: Group, id: string): boolean {
  const user = personOf(platform, group, id);
  if (!user || memberOf(group, id)) return false;
  ban(platform, group, user);
  group.state.requests = group.state.requests.filter((request) => request.user !== user);
  return true;
}

function dropFrom(group: Group, id: string): boolean {
  const before = group.state.blacklist.length;
  group.state.blacklist = group.state.blacklist.filter((entry) => entry.memberOpenid !== id);
  return group.state.blacklist.length < before;
}

function wireMembers({ world }: Platform, group: Group): (Record<string, unknown> & { member_openid: string })[] {
  const people = group.members.map(({ memberOpenid, user, role, joinedAt }) => ({
    ...{ member_openid: memberOpenid, username: user.name, member_role: role, bot: false, joined_at: joinedAt },
  }));
  const { role, joinedAt } = group.state.bot;
  const bot = {
    member_openid: group.botMemberOpenid,
    username: world.bot.name,
    member_role: role,
    bot: true,
    joined_at: joinedAt,
  };
  return [...people, bot];
}
