import { z } from "zod";

/** Where a message lives: private chat, group, guild text channel, private session inside a guild. */
export const scenes = ["c2c", "group", "channel", "dms"] as const;
export type Scene = (typeof scenes)[number];
export const scene = z
  .enum(scenes)
  .describe("c2c = private chat, group, channel = guild text channel, dms = guild DM session");

/**
 * One place to talk. `id` is what the send call of the scene takes: user_openid, group_openid, channel_id, or the
 * guild_id of the DM session (not of the source guild).
 */
export interface Conversation {
  scene: Scene;
  id: string;
}

/** `group:<openid>`: the form in which a conversation is stored and locked. */
export function conversationKey(conversation: Conversation): string {
  return `${conversation.scene}:${conversation.id}`;
}

export function parseConversationKey(key: string): Conversation | undefined {
  const cut = key.indexOf(":");
  const name = key.slice(0, cut);
  const known = scenes.find((candidate) => candidate === name);
  return known && key.length > cut + 1 ? { scene: known, id: key.slice(cut + 1) } : undefined;
}
