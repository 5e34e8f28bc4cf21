import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { type Act, defineAct } from "./act.ts";
import { missing } from "./control-errors.ts";
import { type EventType, makeEvent, userOf } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { User } from "./world.ts";

const as = z.string().min(1);
/** Kinds that may be answered with their event_id. Source: page of 2026-09. */
const replyable: readonly EventType[] = ["FRIEND_ADD", "C2C_MSG_RECEIVE"];

/** What people do with the bot in private, besides writing. At the start everybody has added it. */
export const friendActs: Readonly<Record<string, Act>> = {
  /** With `link`, an answer of generate_url_link, its callback_data comes along. */
  add_friend: defineAct(z.strictObject({ as, link: z.string().optional() }), (platform, input) => {
    const user = userOf(platform, input.as);
    const data = input.link === undefined ? "" : platform.world.settings.shareLinks.get(input.link);
    if (data === undefined) throw missing("link", "the bot made no such share link");
    platform.world.settings.strangers.delete(user.id);
    return tellOfFriend(platform, "FRIEND_ADD", user, {
      scene: input.link === undefined ? 1001 : 2003,
      scene_param: data,
      author: { union_openid: "" },
    });
  }),
  remove_friend: defineAct(z.strictObject({ as }), (platform, input) => {
    const user = userOf(platform, input.as);
    if (platform.world.settings.strangers.has(user.id)) {
      throw new InputError("as", `${user.id} has already removed the bot`);
    }
    platform.world.settings.strangers.add(user.id);
    return tellOfFriend(platform, "FRIEND_DEL", user, { author: { union_openid: "" } });
  }),
  allow_c2c_messages: defineAct(z.strictObject({ as, allowed: z.boolean() }), (platform, input) => {
    const user = userOf(platform, input.as);
    const others = platform.dials.activeRefusedBy.filter((id) => id !== user.userOpenid);
    platform.dials.activeRefusedBy = input.allowed ? others : [...others, user.userOpenid];
    return tellOfFriend(platform, input.allowed ? "C2C_MSG_RECEIVE" : "C2C_MSG_REJECT", user, {});
  }),
  enter_chat: defineAct(z.strictObject({ as }), (platform, input) => {
    const event = makeEvent("ENTER_AIO", {
      user_openid: userOf(platform, input.as).userOpenid,
      from_source: "search",
    });
    platform.dispatch(event);
    return { event_id: event.id };
  }),
  set_subscription: defineAct(
    z.strictObject({
      as,
      template_id: z
        .int()
        .min(1)
        .max(2 ** 31),
      allowed: z.boolean(),
    }),
    (platform, input) => {
      const at = Math.floor(platform.clock.now() / 1000);
      const user = userOf(platform, input.as);
      const row = {
        template_id: input.template_id,
        custom_template_id: `tpl_${input.template_id}`,
        op: input.allowed ? 1 : 2,
        subscribe_id: `sub_${input.template_id}`,
        subscribe_ts: at,
        update_ts: at,
      };
      const event = makeEvent("SUBSCRIBE_MESSAGE_STATUS", { openid: user.userOpenid, result: [row] });
      platform.dispatch(event);
      return { event_id: event.id };
    },
  ),
};

function tellOfFriend(platform: Platform, type: EventType, user: User, facts: object): { event_id: string } {
  const now = platform.clock.now();
  const event = makeEvent(type, { openid: user.userOpenid, timestamp: Math.floor(now / 1000), ...facts });
  if (replyable.includes(type)) {
    platform.replies.noteEvent({ id: event.id, conversation: { scene: "c2c", id: user.userOpenid }, at: now });
  }
  platform.dispatch(event);
  return { event_id: event.id };
}
