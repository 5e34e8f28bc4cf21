import type { KnownValues } from "./arbitrary-input.ts";
import type { TestEmulator } from "./emulator.ts";

/** Ids of the world, under every name that fields give them. */
export function knownIn({ world, identitiesOf }: TestEmulator, messages: readonly string[]): KnownValues {
  const people = world.users.flatMap(({ id }) => identitiesOf(id));
  const groups = world.groups.map(({ id }) => id);
  const guilds = world.guilds.map(({ id }) => id);
  const channels = world.guilds.flatMap((guild) => guild.channels.map(({ id }) => id));
  const sessions = world.dms.map(({ id }) => id);
  return (field) => {
    if (field === "source_guild_id") return guilds;
    if (field === "id") return [...groups, ...channels, ...sessions, ...people];
    if (/message_id$|msg_id$/.test(field)) return messages;
    if (/^group_(id|openid)$/.test(field)) return groups;
    if (/guild_id$/.test(field)) return [...guilds, ...sessions];
    if (/channel_id$/.test(field)) return channels;
    if (/^(file|block)_size$/.test(field)) return ["5", "5000000"];
    if (/role_id/.test(field)) return ["1", "2", "4", "5", "11"];
    if (/openids?$/.test(field)) return people.filter((id) => !/^\d+$/.test(id));
    if (field === "recipient_id") return people.filter((id) => /^\d+$/.test(id));
    if (/(user|member|author|op)\w*_(open)?ids?$/.test(field)) return people;
    return [];
  };
}
