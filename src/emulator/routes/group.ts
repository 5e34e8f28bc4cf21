import type { Route } from "../call.ts";
import { refuse } from "../refusal.ts";
import { sendV2 } from "../send-v2.ts";
import { findPlace } from "../world.ts";

/** Messages of groups. */
export const groupRoutes: readonly Route[] = [
  {
    endpoint: "group.messages.send",
    method: "POST",
    path: "/v2/groups/{group_openid}/messages",
    handle: (call) => {
      const id = call.params.group_openid ?? "";
      if (!findPlace(call.platform.world, { scene: "group", id })) refuse(40054003, "the bot is not in the group");
      return sendV2(call, "group", id);
    },
  },
  {
    endpoint: "group.messages.recall",
    method: "DELETE",
    path: "/v2/groups/{group_openid}/messages/{message_id}",
    handle: ({ platform, params }) => {
      const conversation = { scene: "group", id: params.group_openid ?? "" } as const;
      if (!findPlace(platform.world, conversation)) refuse(40054003, "the bot is not in the group");
      const message = platform.chats.find(conversation, params.message_id ?? "");
      if (!message || message.row.recalled) refuse(40061002, "recall: msgid is invalid");
      // The bot of the seed is an ordinary member: only group admins may take back what others wrote.
      if (message.row.from !== "bot") refuse(40062003, "recall: no right", 403);
      if (platform.clock.now() - message.row.at > platform.dials.recallWindowMs) {
        refuse(40064004, "recall: more than 2 minutes");
      }
      message.row.recalled = true;
      platform.chats.touch(message);
      return { status: 200, body: {} };
    },
  },
];
