import type { Route } from "../call.ts";
import { groupOf } from "../group-state.ts";
import { refuse } from "../refusal.ts";
import { sendV2 } from "../send-v2.ts";
import type { Group } from "../world.ts";

/** Messages of groups. */
export const groupRoutes: readonly Route[] = [
  {
    endpoint: "group.messages.send",
    method: "POST",
    path: "/v2/groups/{group_openid}/messages",
    handle: (call) => {
      const { id, state } = groupOf(call.platform, call.params.group_openid);
      if (state.bot.mutedUntil > call.platform.clock.now()) refuse(40054002, "the bot is muted in the group");
      return sendV2(call, "group", id);
    },
  },
  {
    endpoint: "group.messages.recall",
    method: "DELETE",
    path: "/v2/groups/{group_openid}/messages/{message_id}",
    handle: ({ platform, params }) => {
      const group = groupOf(platform, params.group_openid);
      const message = platform.chats.find({ scene: "group", id: group.id }, params.message_id ?? "");
      if (!message || message.row.recalled) refuse(40061002, "recall: msgid is invalid");
      if (message.row.from !== "bot" && !mayRecall(group, message.row.from)) {
        refuse(40062003, "recall: no right", 403);
      }
      if (platform.clock.now() - message.row.at > platform.dials.recallWindowMs) {
        refuse(40064004, "recall: more than 2 minutes");
      }
      message.row.recalled = true;
      platform.chats.touch(message);
      return { status: 200, body: {} };
    },
  },
];

/** Only group admins may take back what others wrote, and only what ordinary members wrote. */
function mayRecall(group: Group, userId: string): boolean {
  const author = group.members.find((member) => member.user.id === userId);
  return group.state.bot.role === "admin" && (author?.role ?? "member") === "member";
}
