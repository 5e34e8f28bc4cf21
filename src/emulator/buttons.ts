import { randomUUID } from "node:crypto";
import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { scenes } from "../protocol/scenes.ts";
import { missing } from "./control-errors.ts";
import { locate, makeEvent, manages } from "./people.ts";
import type { Platform } from "./platform.ts";
import { knownAs, type Place, type User } from "./world.ts";

export const clickInput = z.strictObject({
  as: z.string().min(1),
  scene: z.enum(scenes),
  id: z.string().min(1),
  message_id: z.string().min(1),
  button_id: z.string().min(1),
});

/** Somebody presses a callback button: INTERACTION_CREATE type 11. Throws InputError when they may not. */
export function click(
  platform: Platform,
  input: z.infer<typeof clickInput>,
): { event_id: string; interaction_id: string } {
  const { place, user } = locate(platform, input);
  const message = platform.chats.find(place, input.message_id);
  if (!message || message.row.recalled) {
    throw missing("message_id", "no such message in this conversation");
  }
  const button = buttonsOf(message.row.keyboard).find((candidate) => candidate.id === input.button_id);
  if (!button) throw missing("button_id", "the message has no such button");
  const action = isRecord(button.action) ? button.action : {};
  if (action.type !== 1) throw new InputError("button_id", "only callback buttons (action.type 1) reach the bot");
  if (!mayPress(place, user, action.permission)) throw new InputError("as", "this person may not press the button");
  const id = randomUUID();
  const event = makeEvent("INTERACTION_CREATE", {
    id,
    application_id: platform.app.appId,
    type: 11,
    ...whereabouts(place, user),
    timestamp: platform.clock.timestamp(),
    data: {
      type: 11,
      resolved: {
        button_id: input.button_id,
        button_data: action.data,
        ...(place.scene === "channel" || place.scene === "dms"
          ? { user_id: user.guildUserId, message_id: input.message_id }
          : {}),
      },
    },
    version: 1,
  });
  const conversation = { scene: place.scene, id: place.id };
  const at = platform.clock.now();
  platform.replies.noteEvent({ id: event.id, conversation, at });
  platform.interactions.set(id, {
    id,
    event_id: event.id,
    conversation,
    message_id: input.message_id,
    button_id: input.button_id,
    as: user.id,
    at,
  });
  const [oldest] = platform.interactions.keys();
  if (oldest && platform.interactions.size > 5000) platform.interactions.delete(oldest);
  platform.feed.push(() => ({ kind: "interaction", interaction: platform.interactions.get(id) }));
  platform.dispatch(event);
  return { event_id: event.id, interaction_id: id };
}

/** The buttons of a keyboard in wire form, row by row. */
export function buttonsOf(keyboard: unknown): Record<string, unknown>[] {
  const content = isRecord(keyboard) ? keyboard.content : undefined;
  const rows = isRecord(content) && Array.isArray(content.rows) ? content.rows : [];
  return rows.flatMap((row: unknown) =>
    isRecord(row) && Array.isArray(row.buttons) ? row.buttons.filter(isRecord) : [],
  );
}

function whereabouts(place: Place, user: User): Record<string, unknown> {
  switch (place.scene) {
    case "c2c":
      return { scene: "c2c", chat_type: 2, user_openid: user.userOpenid };
    case "group":
      return {
        scene: "group",
        chat_type: 1,
        group_openid: place.id,
        group_member_openid: knownAs(place, user),
      };
    case "channel":
      return { scene: "guild", chat_type: 0, guild_id: place.guild.id, channel_id: place.id };
    case "dms":
      return { scene: "guild", chat_type: 0, guild_id: place.id, channel_id: place.dms.channelId };
  }
}

/** permission.type: 0 listed people, 1 admins, 2 everybody, 3 listed roles. */
function mayPress(place: Place, user: User, permission: unknown): boolean {
  if (!isRecord(permission) || permission.type === 2 || permission.type === undefined) return true;
  const listed = (list: unknown, id: string) => Array.isArray(list) && list.includes(id);
  if (permission.type === 0) return listed(permission.specify_user_ids, knownAs(place, user));
  if (permission.type === 1) return place.scene === "c2c" || place.scene === "dms" || manages(place, user);
  if (permission.type !== 3 || place.scene !== "channel") return false;
  const roles = place.guild.members.find((member) => member.user === user)?.roles ?? [];
  return roles.some((role) => listed(permission.specify_role_ids, role));
}
