import type { TestEmulator } from "./emulator.ts";

type Input = Record<string, unknown>;

interface Stage {
  emulator: TestEmulator;
  place: { guild: string; channel: string };
  run(name: string, input?: Input): Promise<Record<string, unknown>>;
}

type Case = (stage: Stage) => Promise<Input> | Input;

const hour = 3_600_000;
const hourFromNow = () => ({
  start_timestamp: String(Date.now() + hour),
  end_timestamp: String(Date.now() + 2 * hour),
});
const unGranted = { method: "PATCH", path: "/guilds/{guild_id}/mute" };

/** What `operations.test.ts` needs for the guild families: an input that works, after whatever has to happen first. */
export const guildCases: Record<string, Case> = {
  get_message_setting: ({ place }) => ({ guild_id: place.guild }),
  create_channel: ({ place }) => ({ guild_id: place.guild, name: "新频道", type: 0, position: 2 }),
  update_channel: ({ place }) => ({ channel_id: place.channel, name: "改名", private_type: 1 }),
  delete_channel: ({ place }) => ({ channel_id: place.channel }),
  get_channel_online_nums: (at) => ({ channel_id: channelOf(at, 2) }),
  list_voice_members: (at) => ({ channel_id: channelOf(at, 2) }),
  remove_member: async (at) => ({ ...(await ordinary(at)), add_blacklist: true, delete_history_msg_days: -1 }),
  create_role: ({ place }) => ({ guild_id: place.guild, name: "新人", color: 4278245297, hoist: 1 }),
  update_role: async (at) => ({ ...(await newRole(at)), name: "老手" }),
  delete_role: newRole,
  add_member_role: async (at) => ({ ...(await ordinary(at)), ...(await newRole(at)) }),
  remove_member_role: async (at) => {
    const target = { ...(await ordinary(at)), role_id: "5", channel: { id: at.place.channel } };
    await at.run("add_member_role", target);
    return target;
  },
  get_member_permissions: async (at) => ({ channel_id: at.place.channel, user_id: (await ordinary(at)).user_id }),
  set_member_permissions: async (at) => ({
    ...{ channel_id: at.place.channel, user_id: (await ordinary(at)).user_id },
    ...{ add: "4", remove: "1" },
  }),
  get_role_permissions: ({ place }) => ({ channel_id: place.channel, role_id: "1" }),
  set_role_permissions: ({ place }) => ({ channel_id: place.channel, role_id: "1", remove: "4" }),
  mute_guild: ({ place }) => ({ guild_id: place.guild, mute_seconds: "60" }),
  mute_members: async (at) => {
    const { guild_id, user_id } = await ordinary(at);
    return { guild_id, user_ids: [user_id], mute_seconds: "60" };
  },
  mute_member: async (at) => ({ ...(await ordinary(at)), mute_seconds: "60" }),
  create_announcement: async (at) => ({ ...(await message(at)), guild_id: at.place.guild }),
  delete_announcement: ({ place }) => ({ guild_id: place.guild, message_id: "all" }),
  list_pins: ({ place }) => ({ channel_id: place.channel }),
  pin_message: message,
  unpin_message: async (at) => {
    const target = await message(at);
    await at.run("pin_message", target);
    return target;
  },
  list_schedules: async (at) => {
    const { channel_id } = await newSchedule(at);
    return { channel_id, since: Date.now() };
  },
  get_schedule: newSchedule,
  create_schedule: async (at) => ({
    channel_id: await scheduleChannel(at),
    schedule: { name: "开会", ...hourFromNow() },
  }),
  update_schedule: async (at) => ({ ...(await newSchedule(at)), schedule: { name: "散会", ...hourFromNow() } }),
  delete_schedule: newSchedule,
  control_audio: (at) => ({
    ...{ channel_id: channelOf(at, 2), status: 0 },
    ...{ audio_url: "https://example.com/a.mp3", text: "示例歌曲" },
  }),
  take_mic: (at) => ({ channel_id: channelOf(at, 2) }),
  leave_mic: (at) => ({ channel_id: channelOf(at, 2) }),
  list_threads: async (at) => ({ channel_id: (await newThread(at)).channel_id }),
  get_thread: newThread,
  create_thread: (at) => ({ channel_id: channelOf(at, 10007), title: "周末活动", content: "六点集合", format: 1 }),
  delete_thread: newThread,
  list_api_permissions: ({ place }) => ({ guild_id: place.guild }),
  request_api_permission: (at) => {
    const { guild, channel } = at.place;
    at.emulator.act({ action: "revoke_api", guild, ...unGranted });
    return { guild_id: guild, channel_id: channel, api_identify: unGranted, desc: "管理发言" };
  },
};

function channelOf({ emulator }: Stage, type: number): string {
  return emulator.world.guilds[0]?.channels.find((channel) => channel.type === type)?.id ?? "";
}

/** A member who is neither owner nor administrator. */
async function ordinary(at: Stage): Promise<{ guild_id: string; user_id: string }> {
  const { members } = (await at.run("list_members", { guild_id: at.place.guild })) as {
    members: { user: { id: string }; roles: string[] }[];
  };
  const found = members.find(({ roles }) => !roles.includes("4"));
  return { guild_id: at.place.guild, user_id: found?.user.id ?? "" };
}

async function newRole(at: Stage): Promise<Input> {
  const { role_id } = await at.run("create_role", { guild_id: at.place.guild, name: "新人" });
  return { guild_id: at.place.guild, role_id };
}

async function message(at: Stage): Promise<Input> {
  const { id } = await at.run("send_channel_message", { channel_id: at.place.channel, content: "x" });
  return { channel_id: at.place.channel, message_id: id };
}

async function scheduleChannel(at: Stage): Promise<unknown> {
  const input = { guild_id: at.place.guild, name: "日程", type: 10006, application_id: "1000050" };
  return (await at.run("create_channel", input)).id;
}

async function newSchedule(at: Stage): Promise<Input> {
  const channel_id = await scheduleChannel(at);
  const { id } = await at.run("create_schedule", { channel_id, schedule: { name: "开会", ...hourFromNow() } });
  return { channel_id, schedule_id: id };
}

async function newThread(at: Stage): Promise<Input> {
  const channel_id = channelOf(at, 10007);
  await at.run("create_thread", { channel_id, title: "周末活动", content: "六点集合", format: 1 });
  const { threads } = (await at.run("list_threads", { channel_id })) as {
    threads: { thread_info: { thread_id: string } }[];
  };
  return { channel_id, thread_id: threads[0]?.thread_info.thread_id };
}
