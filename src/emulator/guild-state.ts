import { InputError } from "../core/errors.ts";
import type { HeldMessage } from "./message-review.ts";
import type { Channel, Guild, GuildMember, User, World } from "./world.ts";

/** Times are epoch ms. */
export interface Schedule {
  id: string;
  name: string;
  description: string;
  startAt: number;
  endAt: number;
  jumpChannelId: string;
  remindType: string;
}

export interface Thread {
  id: string;
  /** Guild user id, or the bot's id. */
  authorId: string;
  title: string;
  /** JSON text `{paragraphs:[{elems,props}]}`. */
  content: string;
  at: number;
  posts: { id: string; authorId: string; content: string; at: number; replies: Reply[] }[];
}

export interface Reply {
  id: string;
  authorId: string;
  content: string;
  at: number;
}

/** What a channel holds besides its messages. */
export interface ChannelState {
  /** 0 everybody sees it, 1 owner and admins, 2 also `listed`. */
  privateType: number;
  /** Guild user ids. */
  listed: string[];
  applicationId: string;
  /** Granted bits by guild user id, and by role id. */
  memberBits: Map<string, bigint>;
  roleBits: Map<string, bigint>;
  /** Guild user ids of those with role 5 here. */
  admins: Set<string>;
  /** Newest first. */
  pins: string[];
  schedules: Schedule[];
  deletedSchedules: Set<string>;
  /** Newest first. */
  threads: Thread[];
  /** User ids of those in the voice channel. */
  inVoice: Set<string>;
  isBotOnMic: boolean;
  playing: { url: string; text: string } | undefined;
}

/** What changes about a guild besides its members, roles and channels. */
export interface GuildState {
  isBotIn: boolean;
  /** Until then only owner and admins may speak. */
  mutedUntil: number;
  /** Guild user id -> end. */
  mutes: Map<string, number>;
  /** User ids. */
  banned: Set<string>;
  announcement: Record<string, unknown> | undefined;
  /** Whether what the bot sends here waits for a review, and what waits, by audit id. */
  isReviewed: boolean;
  held: Map<string, HeldMessage>;
}

export function makeChannelState(): ChannelState {
  return {
    privateType: 0,
    listed: [],
    applicationId: "",
    memberBits: new Map(),
    roleBits: new Map(),
    admins: new Set(),
    pins: [],
    schedules: [],
    deletedSchedules: new Set(),
    threads: [],
    inVoice: new Set(),
    isBotOnMic: false,
    playing: undefined,
  };
}

export function makeGuildState(): GuildState {
  return {
    isBotIn: true,
    mutedUntil: 0,
    mutes: new Map(),
    banned: new Set(),
    announcement: undefined,
    isReviewed: false,
    held: new Map(),
  };
}

/** Permission bits of a channel. */
export const channelBits = { view: 1n, manage: 2n, speak: 4n } as const;
const everything = 7n;

export function isGuildManager(member: GuildMember | undefined): boolean {
  return member?.roles.some((role) => role === "4" || role === "2") ?? false;
}

/** Bits that a role has in a channel: what the channel's settings say, until they are set for the role itself. */
export function roleBitsIn(channel: Channel, roleId: string): bigint {
  const set = channel.state.roleBits.get(roleId);
  if (roleId === "4" || roleId === "2") return everything;
  if (set !== undefined) return set;
  if (roleId !== "1") return 0n;
  const view = channel.state.privateType === 0 ? channelBits.view : 0n;
  return view | (channel.speakPermission === 2 ? 0n : channelBits.speak);
}

/** What a member may do in a channel: their own bits and those of all their roles. */
export function memberBitsIn(channel: Channel, member: GuildMember): bigint {
  const { state } = channel;
  const id = member.user.guildUserId;
  if (state.admins.has(id)) return everything;
  const listed = state.listed.includes(id) ? channelBits.view | channelBits.speak : 0n;
  const own = (state.memberBits.get(id) ?? 0n) | listed;
  return member.roles.reduce((bits, role) => bits | roleBitsIn(channel, role), own);
}

/** Throws InputError when somebody may not write in a channel now. */
export function checkMayWrite({ channel, guild }: { channel: Channel; guild: Guild }, user: User, now: number): void {
  if (channel.type !== 0) throw new InputError("id", `${channel.name} is not a text channel (type ${channel.type})`);
  const member = guild.members.find((candidate) => candidate.user === user);
  if (isGuildManager(member)) return;
  const end = Math.max(guild.state.mutedUntil, guild.state.mutes.get(user.guildUserId) ?? 0);
  if (end > now) throw new InputError("as", `${user.id} is muted for another ${Math.ceil((end - now) / 1000)} s`);
  const bits = member ? memberBitsIn(channel, member) : 0n;
  if ((bits & channelBits.view) === 0n) throw new InputError("as", `${user.id} does not see ${channel.name}`);
  if ((bits & channelBits.speak) === 0n) {
    throw new InputError("as", `only the owner and admins may write in ${channel.name}`);
  }
}

/** Sets the sizes of the roles right after members or their roles changed. */
export function countHolders(guild: Guild): void {
  for (const role of guild.roles) role.number = guild.members.filter(({ roles }) => roles.includes(role.id)).length;
}

/** Somebody is gone from a guild, and with them their private session. */
export function takeOut(world: World, guild: Guild, member: GuildMember): void {
  guild.members = guild.members.filter((other) => other !== member);
  world.dms = world.dms.filter((dms) => dms.guild !== guild || dms.user !== member.user);
  for (const { state } of guild.channels) state.inVoice.delete(member.user.id);
  countHolders(guild);
}
