import type { Route } from "../call.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import { sendV2 } from "../send-v2.ts";
import { findPlace, type User } from "../world.ts";

/** Messages of private chats. */
export const c2cRoutes: readonly Route[] = [
  {
    endpoint: "c2c.messages.send",
    method: "POST",
    path: "/v2/users/{user_openid}/messages",
    handle: (call) => {
      const id = call.params.user_openid ?? "";
      friendOf(call.platform, id);
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

/** The person of a private chat; refuses unknown openids and people who removed the bot. */
export function friendOf(platform: Platform, userOpenid: string): User {
  const place = findPlace(platform.world, { scene: "c2c", id: userOpenid });
  if (place?.scene !== "c2c") refuse(11255, "the openid is not of this bot");
  if (platform.world.settings.strangers.has(place.user.id)) refuse(40054004, "the person and the bot are not friends");
  return place.user;
}
