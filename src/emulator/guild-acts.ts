import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { type Act, defineAct } from "./act.ts";
import { missing } from "./control-errors.ts";
import { tellOfChannel, tellOfGuild, tellOfMember, tellOfReaction } from "./guild-payloads.ts";
import { countHolders, isGuildManager, makeChannelState, takeOut } from "./guild-state.ts";
import { decimalId, randomBytes } from "./identity.ts";
import { type EventType, locate, userOf } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { Channel, Guild, GuildMember, User } from "./world.ts";

const as = z.string().min(1);
const id = z.string().min(1);
const name = z.string().min(1).max(128);
const reaction = z.strictObject({
  ...{ as, channel: id, message_id: id, type: z.literal([1, 2]) },
  id: z.string().regex(/^\d{1,10}$/, "must be digits"),
});
const voiceTypes: Readonly<Record<number, number>> = { 2: 2, 10005: 5 };

/** What people do in guilds, besides writing. */
export const guildActs: Readonly<Record<string, Act>> = {
  join_guild: defineAct(z.strictObject({ as, guild: id }), (platform, input) => {
    const guild = guildNamed(platform, input.guild);
    const user = userOf(platform, input.as);
    if (guild.members.some((member) => member.user === user)) throw new InputError("as", `${user.id} is already in it`);
    if (guild.state.banned.has(user.id)) throw new InputError("as", `${user.id} is banned from ${guild.name}`);
    const member: GuildMember = { user, roles: ["1"], joinedAt: platform.clock.timestamp() };
    guild.members.push(member);
    countHolders(guild);
    platform.world.dms.push({
      id: decimalId(16, platform.app.appId, "dms", guild.id, user.id),
      channelId: decimalId(8, platform.app.appId, "dms channel", guild.id, user.id),
      ...{ user, guild },
    });
    return { event_id: tellOfMember(platform, { type: "GUILD_MEMBER_ADD", guild, member, by: user.guildUserId }) };
  }),
  leave_guild: defineAct(z.strictObject({ as, guild: id }), (platform, input) => {
    const guild = guildNamed(platform, input.guild);
    const member = memberNamed(platform, guild, input.as);
    if (member.roles.includes("4")) throw new InputError("as", "the owner cannot leave");
    takeOut(platform.world, guild, member);
    const by = member.user.guildUserId;
    return { event_id: tellOfMember(platform, { type: "GUILD_MEMBER_REMOVE", guild, member, by }) };
  }),
  react: defineAct(reaction, (platform, input) => react(platform, input, true)),
  unreact: defineAct(reaction, (platform, input) => react(platform, input, false)),
  enter_voice: defineAct(z.strictObject({ as, channel: id }), (platform, input) => moveVoice(platform, input, true)),
  leave_voice: defineAct(z.strictObject({ as, channel: id }), (platform, input) => moveVoice(platform, input, false)),
  rename_guild: defineAct(z.strictObject({ as, guild: id, name }), (platform, input) => {
    const guild = guildNamed(platform, input.guild);
    const by = managerNamed(platform, guild, input.as);
    guild.name = input.name;
    return { event_id: tellOfWholeGuild(platform, "GUILD_UPDATE", guild, by) };
  }),
  make_channel: defineAct(
    z.strictObject({ as, guild: id, name, type: z.literal([0, 2, 4, 10005, 10007]).default(0) }),
    (platform, input) => {
      const guild = guildNamed(platform, input.guild);
      const by = managerNamed(platform, guild, input.as);
      const channel: Channel = {
        id: decimalId(8, platform.app.appId, "channel", guild.id, randomBytes(16).toString("hex")),
        ...{ guildId: guild.id, name: input.name, type: input.type, subType: 0, parentId: "0" },
        ...{ position: guild.channels.length + 1, ownerId: by.guildUserId, speakPermission: 1 },
        state: makeChannelState(),
      };
      guild.channels.push(channel);
      return {
        channel: channel.id,
        event_id: tellOfChannel(platform, { type: "CHANNEL_CREATE", guild, channel, by: by.guildUserId }),
      };
    },
  ),
  rename_channel: defineAct(z.strictObject({ as, channel: id, name }), (platform, input) => {
    const { guild, channel } = channelNamed(platform, input.channel);
    const by = managerNamed(platform, guild, input.as).guildUserId;
    channel.name = input.name;
    return { event_id: tellOfChannel(platform, { type: "CHANNEL_UPDATE", guild, channel, by }) };
  }),
  drop_channel: defineAct(z.strictObject({ as, channel: id }), (platform, input) => {
    const { guild, channel } = channelNamed(platform, input.channel);
    const by = managerNamed(platform, guild, input.as).guildUserId;
    guild.channels = guild.channels.filter((other) => other !== channel);
    return { event_id: tellOfChannel(platform, { type: "CHANNEL_DELETE", guild, channel, by }) };
  }),
  add_bot_to_guild: defineAct(z.strictObject({ as, guild: id }), (platform, input) => {
    const guild = guildNamed(platform, input.guild);
    if (guild.state.isBotIn) throw new InputError("guild", `the bot is already in ${guild.name}`);
    const by = managerNamed(platform, guild, input.as);
    Object.assign(guild, { joinedAt: platform.clock.timestamp() }).state.isBotIn = true;
    return { event_id: tellOfWholeGuild(platform, "GUILD_CREATE", guild, by) };
  }),
  remove_bot_from_guild: defineAct(z.strictObject({ as, guild: id }), (platform, input) => {
    const guild = guildNamed(platform, input.guild);
    if (!guild.state.isBotIn) throw new InputError("guild", `the bot is not in ${guild.name}`);
    const by = managerNamed(platform, guild, input.as);
    guild.state.isBotIn = false;
    return { event_id: tellOfWholeGuild(platform, "GUILD_DELETE", guild, by) };
  }),
  /** Owners give and take single calls of the bot; from then on they are refused with 11264. */
  grant_api: defineAct(z.strictObject({ guild: id, method: id, path: id }), (platform, { method, path }) => {
    platform.dials.ungrantedApis = platform.dials.ungrantedApis.filter((api) => api !== `${method} ${path}`);
    return { granted: true };
  }),
  revoke_api: defineAct(z.strictObject({ guild: id, method: id, path: id }), (platform, { method, path }) => {
    platform.dials.ungrantedApis = [...new Set([...platform.dials.ungrantedApis, `${method} ${path}`])];
    return { granted: false };
  }),
};

export function guildNamed(platform: Platform, guildId: string): Guild {
  const found = platform.world.guilds.find((candidate) => candidate.id === guildId);
  if (!found) throw missing("guild", `no guild ${guildId}`);
  return found;
}

export function channelNamed(platform: Platform, channelId: string): { guild: Guild; channel: Channel } {
  for (const guild of platform.world.guilds) {
    const channel = guild.channels.find((candidate) => candidate.id === channelId);
    if (channel) return { guild, channel };
  }
  throw missing("channel", `no channel ${channelId}`);
}

export function memberNamed(platform: Platform, guild: Guild, userId: string): GuildMember {
  const user = userOf(platform, userId);
  const member = guild.members.find((candidate) => candidate.user === user);
  if (!member) throw new InputError("as", `${userId} is not in ${guild.name}`);
  return member;
}

function managerNamed(platform: Platform, guild: Guild, userId: string): User {
  const member = memberNamed(platform, guild, userId);
  if (!isGuildManager(member)) throw new InputError("as", "only the owner and administrators may do this");
  return member.user;
}

function react(platform: Platform, input: z.infer<typeof reaction>, isSet: boolean): Record<string, unknown> {
  const { place, user } = locate(platform, { as: input.as, scene: "channel", id: input.channel });
  const message = platform.chats.find({ scene: "channel", id: input.channel }, input.message_id);
  if (place.scene !== "channel" || !message || message.row.recalled) throw missing("message_id", "no such message");
  message.row.reactions ??= [];
  const found = message.row.reactions.find((one) => one.type === input.type && one.id === input.id);
  if (isSet === (found?.from.includes(user.id) ?? false)) {
    throw new InputError("id", isSet ? "already set" : "was not set");
  }
  if (!found) message.row.reactions.push({ type: input.type, id: input.id, from: [user.id] });
  else if (isSet) found.from.push(user.id);
  else found.from = found.from.filter((who) => who !== user.id);
  message.row.reactions = message.row.reactions.filter((one) => one.from.length > 0);
  platform.chats.touch(message);
  const event_id = tellOfReaction(platform, {
    ...{ type: isSet ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE", guild: place.guild },
    ...{ channelId: input.channel, messageId: input.message_id, by: user.guildUserId },
    emoji: { id: input.id, type: input.type },
  });
  return { event_id };
}

function moveVoice(platform: Platform, input: { as: string; channel: string }, isIn: boolean): Record<string, unknown> {
  const { guild, channel } = channelNamed(platform, input.channel);
  const { user } = memberNamed(platform, guild, input.as);
  const channelType = voiceTypes[channel.type];
  if (channelType === undefined) throw new InputError("channel", `${channel.name} is not for voice`);
  const { inVoice } = channel.state;
  if (inVoice.has(user.id) === isIn) throw new InputError("as", `${user.id} is ${isIn ? "already" : "not"} in it`);
  if (isIn) inVoice.add(user.id);
  else inVoice.delete(user.id);
  const type: EventType = isIn ? "AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER" : "AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT";
  const d = { guild_id: guild.id, channel_id: channel.id, channel_type: channelType, user_id: user.guildUserId };
  return { event_id: tellOfGuild(platform, { type, guild, d }) };
}

function tellOfWholeGuild(platform: Platform, type: EventType, guild: Guild, by: User): string {
  const d = {
    id: guild.id,
    name: guild.name,
    icon: `https://groupprohead.gtimg.cn/${guild.id}/100`,
    owner_id: guild.ownerId,
    member_count: guild.members.length,
    max_members: 1500,
    description: "",
    joined_at: guild.joinedAt,
    op_user_id: by.guildUserId,
  };
  return tellOfGuild(platform, { type, guild, d });
}
