import { isRecord } from "../../core/json.ts";
import { groupLimits, pageLimits } from "../../protocol/limits.ts";
import { type Call, ok, type Route, textOf } from "../call.ts";
import { admit, ban, wireRequest } from "../group-people.ts";
import { badGroupInput, groupOf, memberOf } from "../group-state.ts";
import { pageOf } from "../paging.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import type { Group } from "../world.ts";

const restrict = "/v2/groups/{group_openid}/restrict_chat_setting";

/** A group's profile, mutes and join requests. */
export const groupManageRoutes: readonly Route[] = [
  {
    endpoint: "group.info.get",
    method: "GET",
    path: "/v2/groups/{group_openid}/info",
    handle: ({ platform, params }) => {
      requireOpen(platform.dials.hasGroupInfo);
      const group = groupOf(platform, params.group_openid);
      return ok({
        group_openid: group.id,
        group_name: group.name,
        group_finger_memo: "",
        group_class_text: "",
        group_tags: [],
        group_member_num: group.members.length + 1,
      });
    },
  },
  {
    endpoint: "group.bot_state.get",
    method: "GET",
    path: "/v2/groups/{group_openid}/bot_state",
    handle: ({ platform, params }) => {
      requireOpen(platform.dials.hasGroupInfo);
      const group = groupOf(platform, params.group_openid);
      return ok({
        member_openid: group.botMemberOpenid,
        joined_at: group.state.bot.joinedAt,
        allow_proactive_msg: !platform.dials.activeRefusedBy.includes(group.id),
        recv_msg_setting: group.recvMsgSetting,
        member_role: group.state.bot.role,
      });
    },
  },
  {
    endpoint: "group.mute.get",
    method: "GET",
    path: restrict,
    handle: ({ platform, params }) => {
      const { members, state } = managedGroup(platform, params.group_openid);
      const now = platform.clock.now();
      const muted = members.flatMap(({ memberOpenid, user }) => {
        const until = state.mutes.get(memberOpenid) ?? 0;
        const row = {
          member_openid: memberOpenid,
          mute_expire_at: platform.clock.timestamp(until),
          username: user.name,
        };
        return until > now ? [row] : [];
      });
      const mode = state.isMuted ? "always" : "none";
      return ok({ global_rule: { mode, schedule_rules: [], recurring_rules: [] }, members: muted });
    },
  },
  { endpoint: "group.mute.set", method: "POST", path: restrict, handle: setMutes },
  {
    endpoint: "group.join_requests.list",
    method: "GET",
    path: "/v2/groups/{group_openid}/join_request_list",
    handle: ({ platform, params, query }) => {
      const { state } = managedGroup(platform, params.group_openid);
      const limits = { fallback: 20, max: pageLimits.joinRequests, badCursor: badGroupInput };
      const { rows, next_cursor } = pageOf(state.requests, query, limits);
      return ok({ list: rows.map((request) => wireRequest(platform, request)), next_cursor });
    },
  },
  {
    endpoint: "group.join_requests.review",
    method: "POST",
    path: "/v2/groups/{group_openid}/approval_join_request/{member_openid}",
    handle: review,
  },
];

/** White-list and invitation-only calls, when the app was not let in. */
export function requireOpen(isOpen: boolean): void {
  if (!isOpen) refuse(11253, "this app has no right to this API", 403);
}

/** The group of a call that only its admins may make. */
export function managedGroup(platform: Platform, id: string | undefined): Group {
  const group = groupOf(platform, id);
  if (group.state.bot.role !== "admin") refuse(11253, "the bot is not an admin of the group", 403);
  return group;
}

/** Openids of a call, 1 to `max`. */
export function openidsOf(body: Call["body"], field: string, max: number): string[] {
  const list = body[field];
  if (!Array.isArray(list) || list.length === 0 || list.length > max) {
    refuse(badGroupInput, `${field} must name 1 to ${max}`);
  }
  return list.map((id) => (typeof id === "string" && id !== "" ? id : refuse(badGroupInput, `${field} is malformed`)));
}

function setMutes({ platform, params, body }: Call) {
  const group = managedGroup(platform, params.group_openid);
  const list = body.members;
  if (!Array.isArray(list) || list.length === 0 || list.length > groupLimits.perCall) {
    refuse(badGroupInput, `members must name 1 to ${groupLimits.perCall}`);
  }
  // All or nothing: checked before anybody is muted.
  const changes = list.map((entry) => readMute(platform, group, entry));
  for (const { memberOpenid, until } of changes) {
    if (until === undefined) group.state.mutes.delete(memberOpenid);
    else group.state.mutes.set(memberOpenid, until);
  }
  return ok({});
}

function readMute(platform: Platform, group: Group, entry: unknown): { memberOpenid: string; until?: number } {
  const { op, member_openid: openid, mute_expire_at: end } = isRecord(entry) ? entry : {};
  if (op !== "add" && op !== "update" && op !== "del") refuse(badGroupInput, "op must be add, update or del");
  const member = memberOf(group, openid) ?? refuse(badGroupInput, "member_openid is not in the group");
  if (member.role !== "member") refuse(badGroupInput, "owner, admins and bots cannot be muted");
  if (op === "del") return { memberOpenid: member.memberOpenid };
  const until = typeof end === "string" ? Date.parse(end) : Number.NaN;
  if (Number.isNaN(until)) refuse(badGroupInput, "mute_expire_at must be RFC 3339");
  if (until > platform.clock.now() + groupLimits.muteMs) refuse(badGroupInput, "a mute may last 30 days");
  return { memberOpenid: member.memberOpenid, until };
}

function review({ platform, params, body }: Call) {
  const group = managedGroup(platform, params.group_openid);
  const request = group.state.requests.find((candidate) => candidate.memberOpenid === params.member_openid);
  const named = textOf(body, "join_request_id");
  if (!request || (named !== undefined && named !== request.id)) refuse(badGroupInput, "no such join request");
  if (body.op === "approve") {
    admit(platform, group, request.user);
    return ok({});
  }
  if (body.op !== "decline") refuse(badGroupInput, "op must be approve or decline");
  group.state.requests = group.state.requests.filter((candidate) => candidate !== request);
  if (body.add_to_member_blacklist === true) ban(platform, group, request.user);
  return ok({});
}
