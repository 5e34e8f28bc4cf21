import type { Names } from "./markdown.ts";
import { words } from "./preferences.ts";
import { info, world } from "./state.ts";
import type { Conversation, Group, Guild } from "./wire.ts";

/** "bot", a user id, or an id of QQ's wire; one that belongs to nobody is shortened. */
export function personName(id: string): string {
  const { bot, identities } = info.value ?? {};
  const person = identities?.[id] ?? id;
  if (person === "bot") return bot?.name || words.value.bot;
  const user = world.value?.users.find((candidate) => candidate.id === person);
  return user?.name ?? (id.length > 12 ? `${id.slice(0, 6)}…` : id);
}

export function names(): Names {
  return {
    person: personName,
    channel: (id) => channelIn(id)?.channel.name ?? id,
    everyone: words.value.everyone,
  };
}

function channelIn(id: string) {
  for (const guild of world.value?.guilds ?? []) {
    const channel = guild.channels.find((candidate) => candidate.id === id);
    if (channel) return { guild, channel };
  }
  return undefined;
}

export interface Surroundings {
  name: string;
  /** Where it is, when the name does not say. */
  within?: string;
  /** People in it, without the bot. */
  members: readonly string[];
  group?: Group;
  guild?: Guild;
}

/** What the conversation is called and who is in it. */
export function surroundings({ scene, id }: Conversation): Surroundings {
  const all = world.value;
  if (scene === "group") {
    const group = all?.groups.find((candidate) => candidate.id === id);
    return group ? { name: group.name, members: group.members, group } : { name: id, members: [] };
  }
  if (scene === "channel") {
    const found = channelIn(id);
    if (!found) return { name: id, members: [] };
    const { guild, channel } = found;
    return { name: channel.name, within: guild.name, members: guild.members, guild };
  }
  const chat = (scene === "c2c" ? all?.c2c : all?.dms)?.find((candidate) => candidate.id === id);
  const guild = all?.guilds.find((candidate) => chat && "guild" in chat && candidate.id === chat.guild);
  return {
    name: personName("bot"),
    members: chat ? [chat.user] : [],
    ...(guild ? { within: guild.name, guild } : {}),
  };
}
