import { z } from "zod";

/** No id of the platform holds white space, control characters, a path separator, a query or fragment sign, or is `..`. */
const idForm = /^(?!\.{1,2}$)[^\s\p{Cc}/\\?#]+$/u;

/**
 * Ids are opaque text. Only what cannot be one is refused (it would reach another path), not what looks unusual: the
 * platform has changed its forms before.
 */
function id(description: string, max = 64) {
  return z.string().min(1, "must not be empty").max(max).regex(idForm, "is not an id").describe(description);
}

export const guildId = id("Guild (频道): id or name");
export const channelId = id("Channel (子频道): id, name or guild/name");
export const userId = id("Guild member: user id or name");
export const roleId = id("Role: id or name; 1 everyone, 2 admin, 4 owner, 5 channel admin");
export const userOpenid = id("user_openid of a private chat (C2C); comes from events, valid for this bot only", 128);
export const groupOpenid = id("group_openid of a group; comes from events, valid for this bot only", 128);
export const memberOpenid = id("member_openid of a person in a group", 128);
/** Message ids of the newer API may hold a slash; they are encoded in paths. */
export const messageId = z
  .string()
  .min(1, "must not be empty")
  .max(512)
  .regex(/^(?!\.{1,2}$)[^\s\p{Cc}]+$/u, "is not a message id")
  .describe("Message id; ROBOT1.0_… in private chats and groups, hex in guilds");
export const eventId = z
  .string()
  .min(1, "must not be empty")
  .max(512)
  .regex(/^(?!\.{1,2}$)[^\s\p{Cc}]+$/u, "is not an event id")
  .describe("Outer id of an event (TYPE:…), for a passive reply to it");
export const interactionId = id("Interaction id: d.id of INTERACTION_CREATE, not the event id", 256);
export const scheduleId = id("Schedule id");
export const threadId = id("Forum thread id", 256);
/** `d.message_scene.ext` and send answers carry it. */
export const refIdx = id("Quote index REFIDX_…, used in private chats and groups to quote a message", 256);
