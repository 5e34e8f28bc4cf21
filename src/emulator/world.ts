import { InputError } from "../core/errors.ts";
import type { Conversation, Scene } from "../protocol/scenes.ts";
import { type BotSettings, makeBotSettings } from "./bot-settings.ts";
import { type GroupState, makeGroupState } from "./group-state.ts";
import { type ChannelState, type GuildState, makeChannelState, makeGuildState } from "./guild-state.ts";
import { decimalId, openid } from "./identity.ts";
import type { GroupSeed, GuildSeed, WorldSeed } from "./seed.ts";

export interface User {
  /** Our own short name (`alice`): what the control API calls people. Never on QQ's wire. */
  id: string;
  name: string;
  userOpenid: string;
  guildUserId: string;
  /** QQ number: the same for every app. */
  qq: string;
  avatar: string;
  isBot: boolean;
}

export interface GroupMember {
  user: User;
  memberOpenid: string;
  role: "owner" | "admin" | "member";
  joinedAt: string;
}

export interface Group {
  id: string;
  name: string;
  recvMsgSetting: "only_mention" | "all";
  members: GroupMember[];
  botMemberOpenid: string;
  state: GroupState;
}

export interface Channel {
  id: string;
  guildId: string;
  name: string;
  type: number;
  subType: number;
  position: number;
  parentId: string;
  ownerId: string;
  /** 1 everyone, 2 owner and admins. */
  speakPermission: number;
  state: ChannelState;
}

export interface GuildMember {
  user: User;
  roles: string[];
  joinedAt: string;
}

export interface Role {
  id: string;
  name: string;
  color: number;
  hoist: number;
  number: number;
  member_limit: number;
}

export interface Guild {
  id: string;
  name: string;
  ownerId: string;
  joinedAt: string;
  members: GuildMember[];
  channels: Channel[];
  roles: Role[];
  state: GuildState;
}

/** A private session between the bot and one member of a guild; `id` is its own guild_id. */
export interface Dms {
  id: string;
  channelId: string;
  user: User;
  guild: Guild;
}

/** What `GET /_emulator/world` answers; every `id` is what `say` and `messages` take. */
export interface WorldView {
  users: { id: string; name: string; qq: string }[];
  c2c: { id: string; user: string }[];
  groups: {
    id: string;
    name: string;
    /** QQ group number. */
    number: string;
    members: string[];
    recv_msg_setting: string;
    bot_role: string;
  }[];
  guilds: {
    id: string;
    name: string;
    members: string[];
    channels: { id: string; name: string; type: number; sub_type: number }[];
  }[];
  dms: { id: string; user: string; guild: string }[];
}

export interface World {
  bot: { id: string; name: string; avatar: string };
  users: User[];
  groups: Group[];
  guilds: Guild[];
  dms: Dms[];
  settings: BotSettings;
}

const joinedAt = "2026-03-08T09:15:00+08:00";

export function buildWorld(appId: string, seed: WorldSeed): World {
  const users = seed.users.map(({ id, name, isBot = false }) => ({
    id,
    name,
    userOpenid: openid(appId, "user", id),
    guildUserId: decimalId(19, appId, "guild user", id),
    qq: decimalId(9, "", "qq", id),
    avatar: `https://q.qlogo.cn/qqapp/${appId}/${openid(appId, "user", id)}/640`,
    isBot,
  }));
  const find = (id: string): User => {
    const user = users.find((candidate) => candidate.id === id);
    if (!user) throw new InputError("seed", `${id} is a member of something but not among the users`);
    return user;
  };
  const guilds = seed.guilds.map((guild, index) => buildGuild({ appId, guild, index, find }));
  return {
    bot: {
      id: decimalId(19, appId, "bot"),
      name: seed.botName ?? "示例助手",
      avatar: `https://q.qlogo.cn/qqapp/${appId}/bot/640`,
    },
    users,
    groups: seed.groups.map((group, index) => buildGroup({ appId, group, index, find })),
    guilds,
    dms: guilds.flatMap((guild) =>
      guild.members.map(({ user }) => ({
        id: decimalId(16, appId, "dms", guild.id, user.id),
        channelId: decimalId(8, appId, "dms channel", guild.id, user.id),
        user,
        guild,
      })),
    ),
    settings: makeBotSettings(),
  };
}

interface Making {
  appId: string;
  /** Place in the seed: part of the stable id. */
  index: number;
  find: (id: string) => User;
}

function buildGroup({ appId, group, index, find }: Making & { group: GroupSeed }): Group {
  const id = openid(appId, "group", String(index));
  return {
    id,
    name: group.name,
    recvMsgSetting: group.recvMsgSetting,
    members: group.members.map((member, place) => ({
      user: find(member),
      memberOpenid: openid(appId, "member", id, member),
      role: place === 0 ? "owner" : place === 1 ? "admin" : "member",
      joinedAt,
    })),
    botMemberOpenid: openid(appId, "bot member", id),
    state: makeGroupState({
      number: decimalId(9, "", "group number", String(index)),
      joinedAt,
      botRole: group.botRole ?? "member",
    }),
  };
}

function buildGuild({ appId, guild, index, find }: Making & { guild: GuildSeed }): Guild {
  const id = decimalId(19, appId, "guild", String(index));
  const ownerId = guild.members[0] ? find(guild.members[0]).guildUserId : "";
  let category = "0";
  const channels = guild.channels.map((channel, place) => {
    const channelId = decimalId(8, appId, "channel", id, String(place));
    const built: Channel = {
      id: channelId,
      guildId: id,
      name: channel.name,
      type: channel.type,
      subType: channel.subType ?? 0,
      position: place + 1,
      parentId: channel.type === 4 ? "0" : category,
      ownerId,
      speakPermission: channel.type === 0 && channel.subType === 1 ? 2 : 1,
      state: makeChannelState(),
    };
    if (channel.type === 4) category = channelId;
    return built;
  });
  const custom = guild.roles ?? [];
  const members = guild.members.map((member, place) => ({
    user: find(member),
    roles: ["1", ...(place === 0 ? ["4"] : []), ...custom.filter((r) => r.members.includes(member)).map((r) => r.id)],
    joinedAt,
  }));
  return {
    id,
    name: guild.name,
    ownerId,
    joinedAt,
    members,
    channels,
    roles: buildRoles(members, custom),
    state: makeGuildState(),
  };
}

function buildRoles(members: readonly GuildMember[], custom: readonly { id: string; name: string }[]): Role[] {
  const builtIn = [
    { id: "4", name: "创建者" },
    { id: "2", name: "管理员" },
    { id: "5", name: "子频道管理员" },
    { id: "1", name: "全体成员" },
  ];
  return [...builtIn, ...custom].map(({ id, name }) => ({
    id,
    name,
    color: 4278245297,
    hoist: id === "1" ? 0 : 1,
    number: members.filter((member) => member.roles.includes(id)).length,
    member_limit: id === "4" ? 1 : id === "2" ? 50 : 2000,
  }));
}

export function viewWorld(world: World): WorldView {
  return {
    users: world.users.map(({ id, name, qq }) => ({ id, name, qq })),
    c2c: world.users.map((user) => ({ id: user.userOpenid, user: user.id })),
    groups: world.groups.map((group) => ({
      id: group.id,
      name: group.name,
      number: group.state.number,
      members: group.members.map((member) => member.user.id),
      recv_msg_setting: group.recvMsgSetting,
      bot_role: group.state.bot.role,
    })),
    guilds: world.guilds.map((guild) => ({
      id: guild.id,
      name: guild.name,
      members: guild.members.map((member) => member.user.id),
      channels: guild.channels.map(({ id, name, type, subType }) => ({ id, name, type, sub_type: subType })),
    })),
    dms: world.dms.map((dms) => ({ id: dms.id, user: dms.user.id, guild: dms.guild.id })),
  };
}

/** Every id of QQ's wire that names somebody -> "bot" or the user id. */
export function wireIdentities(world: World): Record<string, string> {
  const pairs: [string, string][] = [[world.bot.id, "bot"]];
  for (const user of world.users) pairs.push([user.userOpenid, user.id], [user.guildUserId, user.id]);
  for (const group of world.groups) {
    pairs.push([group.botMemberOpenid, "bot"]);
    for (const member of [...group.members, ...group.state.requests, ...group.state.blacklist])
      pairs.push([member.memberOpenid, member.user.id]);
  }
  return Object.fromEntries(pairs);
}

/** One conversation and everybody in it, whatever the scene. */
export type Place =
  | { scene: "c2c"; id: string; user: User }
  | { scene: "group"; id: string; group: Group }
  | { scene: "channel"; id: string; channel: Channel; guild: Guild }
  | { scene: "dms"; id: string; dms: Dms };

export function findPlace(world: World, { scene, id }: Conversation): Place | undefined {
  if (scene === "c2c") {
    const user = world.users.find((candidate) => candidate.userOpenid === id);
    return user && { scene, id, user };
  }
  if (scene === "group") {
    const group = world.groups.find((candidate) => candidate.id === id);
    return group && { scene, id, group };
  }
  if (scene === "dms") {
    const dms = world.dms.find((candidate) => candidate.id === id);
    return dms && { scene, id, dms };
  }
  for (const guild of world.guilds) {
    const channel = guild.channels.find((candidate) => candidate.id === id);
    if (channel) return { scene, id, channel, guild };
  }
  return undefined;
}

/** The scene in which `id` does exist, for a better refusal. */
export function sceneOf(world: World, id: string): Scene | undefined {
  return (["c2c", "group", "channel", "dms"] as const).find((scene) => findPlace(world, { scene, id }));
}

export function peopleIn(place: Place): User[] {
  if (place.scene === "c2c") return [place.user];
  if (place.scene === "dms") return [place.dms.user];
  return (place.scene === "group" ? place.group : place.guild).members.map((member) => member.user);
}

/** The id by which the bot knows a person in this conversation. */
export function knownAs(place: Place, user: User): string {
  if (place.scene === "c2c") return user.userOpenid;
  if (place.scene !== "group") return user.guildUserId;
  return place.group.members.find((member) => member.user === user)?.memberOpenid ?? "";
}
