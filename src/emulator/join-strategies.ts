import type { Platform } from "./platform.ts";
import type { Group, User } from "./world.ts";

/** Lets people in by their QQ number, in groups where the bot is an admin. */
export interface JoinStrategy {
  id: string;
  /** How its groups were named at creation; later changes must name them the same way. */
  kind: "group_openids" | "group_ids";
  groups: string[];
  isEnabled: boolean;
  expiresAt: number;
  createdAt: number;
  updatedAt: number;
  remark?: string;
  /** QQ numbers. */
  whitelist: Set<string>;
}

/** Whether it works in this group now. */
export function coversGroup(platform: Platform, strategy: JoinStrategy, group: Group): boolean {
  if (!strategy.isEnabled || strategy.expiresAt <= platform.clock.now()) return false;
  if (!group.state.bot.isIn || group.state.bot.role !== "admin") return false;
  return strategy.groups.includes(strategy.kind === "group_openids" ? group.id : group.state.number);
}

/** The strategy that lets this person in; undefined when an admin has to decide. */
export function strategyFor(platform: Platform, group: Group, user: User): JoinStrategy | undefined {
  return [...platform.world.settings.strategies.values()].find(
    (strategy) => strategy.whitelist.has(user.qq) && coversGroup(platform, strategy, group),
  );
}
