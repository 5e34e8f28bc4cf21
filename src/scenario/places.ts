import { InputError } from "../core/errors.ts";
import type { Conversation } from "../protocol/scenes.ts";
import type { World } from "./control.ts";

interface Named {
  id: string;
  name: string;
}

/** `c2c`, `dms` (of `actor`), `c2c:alice`, `group:NAME`, `channel:NAME` as a conversation of this world. */
export function placeNamed(
  world: World,
  written: string,
  { actor, speaker }: { actor: (name: string) => string; speaker: string },
): Conversation {
  const cut = written.indexOf(":");
  const scene = cut < 0 ? written : written.slice(0, cut);
  const name = cut < 0 ? undefined : written.slice(cut + 1);
  if (scene === "c2c" || scene === "dms") {
    const user = name === undefined ? speaker : actor(name);
    const id = world[scene].find((chat) => chat.user === user || chat.id === name)?.id;
    if (id === undefined) throw new InputError("in", `${user} has no ${scene} with the bot`);
    return { scene, id };
  }
  if (scene === "group") return { scene, id: idNamed(world.groups, "group", name ?? "") };
  const channels = world.guilds.flatMap((guild) => guild.channels);
  return { scene: "channel", id: idNamed(channels, "channel", name ?? "") };
}

/** The fields of an act that name a place get its id where they hold its name. */
export function withIds(world: World, fields: Record<string, unknown>): Record<string, unknown> {
  const lists = {
    group: world.groups,
    guild: world.guilds,
    channel: world.guilds.flatMap((guild) => guild.channels),
  };
  const resolved = Object.entries(lists).flatMap(([field, list]) => {
    const value = fields[field];
    return typeof value === "string" ? [[field, idNamed(list, field, value)] as const] : [];
  });
  return { ...fields, ...Object.fromEntries(resolved) };
}

function idNamed(list: readonly Named[], field: string, name: string): string {
  const found = list.find((one) => one.id === name || one.name === name);
  if (found) return found.id;
  throw new InputError(field, `no ${field} ${name}: there are ${list.map((one) => one.name).join(", ") || "none"}`);
}
