import { groupOf } from "../group-state.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import { findPlace } from "../world.ts";

/** Where the bot may upload to: a known person, or a group that it is in and not muted in. */
export function checkUploadPlace(platform: Platform, scene: "c2c" | "group", id: string): void {
  if (scene === "c2c") {
    if (!findPlace(platform.world, { scene, id })) refuse(11255, "the openid is not of this bot");
    return;
  }
  const { state } = groupOf(platform, id);
  if (state.bot.mutedUntil > platform.clock.now()) refuse(850018, "the bot is muted in the group");
}
