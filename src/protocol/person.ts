import type { Scene } from "./scenes.ts";

/**
 * People as lists name them: `c2c:USER_OPENID`, `group:MEMBER_OPENID`, `user:ID` (a guild user, in channels and private
 * sessions alike). The platform gives one person a different id in each. A bare id stands for all three.
 */
const form = /^(?:(c2c|group|user|channel|dms):)?([\w-]{1,128})$/;

export const personForms = "c2c:ID, group:MEMBER_ID, user:GUILD_USER_ID or a bare id";

/** The one spelling of a person in a list, or undefined when the text names nobody. */
export function parsePerson(text: string): string | undefined {
  const [, scene, id] = form.exec(text) ?? [];
  if (id === undefined) return undefined;
  return scene === undefined ? id : personKey(scene as Scene | "user", id);
}

/** Who speaks with this sender id in a scene. */
export function personKey(scene: Scene | "user", senderId: string): string {
  return `${scene === "c2c" || scene === "group" ? scene : "user"}:${senderId}`;
}
