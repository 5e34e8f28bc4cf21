import type { Conversation, Scene } from "./wire.ts";

const scenes = ["c2c", "group", "channel", "dms"] as const satisfies readonly Scene[];

/** `group:<openid>`, the bot's own form; read here because the original brings a schema library along. */
export function parseConversationKey(key: string): Conversation | undefined {
  const cut = key.indexOf(":");
  const scene = scenes.find((candidate) => candidate === key.slice(0, cut));
  return scene && { scene, id: key.slice(cut + 1) };
}
