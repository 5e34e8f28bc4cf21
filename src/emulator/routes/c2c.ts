import type { Route } from "../call.ts";
import { refuse } from "../refusal.ts";
import { sendV2 } from "../send-v2.ts";
import { findPlace } from "../world.ts";

/** Messages of private chats. */
export const c2cRoutes: readonly Route[] = [
  {
    endpoint: "c2c.messages.send",
    method: "POST",
    path: "/v2/users/{user_openid}/messages",
    handle: (call) => {
      const id = call.params.user_openid ?? "";
      if (!findPlace(call.platform.world, { scene: "c2c", id })) refuse(11255, "the openid is not of this bot");
      return sendV2(call, "c2c", id);
    },
  },
  {
    endpoint: "c2c.messages.recall",
    method: "DELETE",
    path: "/v2/users/{user_openid}/messages/{message_id}",
    handle: ({ platform, params }) => {
      const message = platform.chats.find({ scene: "c2c", id: params.user_openid ?? "" }, params.message_id ?? "");
      if (message?.row.from !== "bot" || message.row.recalled) refuse(40061002, "recall: msgid is invalid");
      if (platform.clock.now() - message.row.at > platform.dials.recallWindowMs) {
        refuse(40064004, "recall: more than 2 minutes");
      }
      message.row.recalled = true;
      platform.chats.touch(message);
      return { status: 200, body: {} };
    },
  },
];
