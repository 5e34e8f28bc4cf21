import assert from "node:assert/strict";
import type { CallRow } from "./call-table.ts";
import { channelOf, emulator, guild, heard, later, of, person, places, sent, speaker, text } from "./satori.stage.ts";

const has = (size: number) => (list: unknown[]) => assert.equal(list.length, size);
const hasMany = (size: number) => (list: { data: unknown[] }) => assert.equal(list.data.length, size);
const picture = `data:image/png;base64,${Buffer.from("\x89PNG\r\n\x1a\n12345678", "latin1").toString("base64")}`;

/** In this order: some take what earlier ones made. */
export function allRows(): CallRow[] {
  return [
    ...v2Rows(),
    ...readingRows(),
    ...messageRows(),
    ...markRows(),
    ...muteRows(),
    ...roleRows(),
    ...channelRows(),
    ...scheduleRows(),
    ...forumRows(),
    ...generalRows(),
    ...generalGuildRows(),
  ];
}

function v2Rows(): CallRow[] {
  const upload = { file_type: 1, url: "https://example.com/a.png", srv_send_msg: false };
  return [
    { ...of("v2.getGateway"), expect: "ok" },
    {
      ...later(
        "v2.getGatewayBot",
        () => [],
        (answer: { shards: number }) => assert.equal(answer.shards, 1),
      ),
      expect: "ok",
    },
    { ...of("v2.sendMessage", places.group, { content: "by itself", msg_type: 0 }), expect: "ok" },
    { ...of("v2.sendPrivateMessage", places.c2c, { content: "by itself", msg_type: 0 }), expect: "ok" },
    { ...of("v2.sendFilePrivate", places.c2c, upload), expect: "ok" },
    { ...of("v2.sendFileGuild", places.group, upload), expect: "ok" },
    { ...later("v2.deleteMessage", async () => [places.group, await sent("group")]), expect: "ok" },
    { ...later("v2.deletePrivateMessage", async () => [places.c2c, await sent("c2c")]), expect: "ok" },
    { ...later("v2.acknowledgeInteraction", async () => [await clicked(), { code: 0 }]), expect: "ok" },
  ];
}

function readingRows(): CallRow[] {
  return [
    {
      ...later(
        "guild.getMe",
        () => [],
        (me: { id: string }) => assert.ok(me.id),
      ),
      expect: "ok",
    },
    { ...later("guild.getGuilds", () => [{ limit: 10 }], has(1)), expect: "ok" },
    { ...of("guild.getGuild", guild.id), expect: "ok" },
    { ...later("guild.getChannels", () => [guild.id], has(5)), expect: "ok" },
    { ...of("guild.getChannel", text), expect: "ok" },
    { ...of("guild.getChannelOnlineNums", channelOf(2)), expect: "ok" },
    { ...later("guild.getGuildMembers", () => [guild.id, { limit: 400 }], has(4)), expect: "ok" },
    { ...of("guild.getGuildMember", guild.id, person), expect: "ok" },
    {
      ...later(
        "guild.getGuildRoles",
        () => [guild.id],
        (answer: { roles: unknown[] }) => has(5)(answer.roles),
      ),
      expect: "ok",
    },
    { ...later("guild.getGuildRoleMembers", () => [guild.id, "4", { limit: 400 }], hasMany(1)), expect: "ok" },
    {
      ...of("guild.getMessageSetting", guild.id),
      expect: 404,
      why: "asks /messages/setting; documented is /message/setting",
    },
    {
      ...of("guild.getGuildApiPermissions", guild.id),
      expect: 404,
      why: "asks /api_permissions; documented is /api_permission",
    },
    {
      ...of("guild.createGuildApiPermissionDemand", guild.id, { channel_id: text, desc: "quiet hours" }),
      expect: 404,
      why: "asks /api_permissions/demand; documented is /api_permission/demand",
    },
  ];
}

function messageRows(): CallRow[] {
  return [
    { ...of("guild.sendMessage", text, { content: "by itself" }), expect: "ok" },
    { ...of("guild.sendDM", places.dms, { content: "by itself" }), expect: "ok" },
    {
      ...later(
        "guild.getMessage",
        async () => [text, await sent("channel")],
        (answer: { message: { id: string } }) => assert.ok(answer.message.id),
      ),
      expect: "ok",
    },
    { ...later("guild.deleteMessage", async () => [text, await sent("channel"), { hidetip: true }]), expect: "ok" },
    { ...later("guild.deleteDM", async () => [places.dms, await sent("dms")]), expect: "ok" },
    {
      ...later(
        "guild.createDMS",
        () => [{ recipient_id: person, source_guild_id: guild.id }],
        (session: { guild_id: string }) => assert.equal(session.guild_id, places.dms),
      ),
      expect: "ok",
    },
  ];
}

function markRows(): CallRow[] {
  const message = heard.channel?.messageId;
  return [
    { ...of("guild.createReaction", text, message, "1", "4"), expect: "ok" },
    {
      ...later(
        "guild.getReactions",
        () => [text, message, "1", "4", { limit: 50 }],
        (answer: { users: unknown[] }) => has(1)(answer.users),
      ),
      expect: "ok",
    },
    { ...of("guild.deleteReaction", text, message, "1", "4"), expect: "ok" },
    { ...of("guild.createPinsMessage", text, message), expect: "ok" },
    {
      ...later(
        "guild.getPinsMessage",
        () => [text],
        (pins: { message_ids: string[] }) => assert.deepEqual(pins.message_ids, [message]),
      ),
      expect: "ok",
    },
    { ...of("guild.removePinsMessage", text, message), expect: "ok" },
    { ...of("guild.createGuildAnnounce", guild.id, { channel_id: text, message_id: message }), expect: "ok" },
    { ...of("guild.removeGuildAnnounce", guild.id, "all"), expect: "ok" },
  ];
}

function muteRows(): CallRow[] {
  const why = "its types say that the length is a number; documented is text";
  return [
    { ...of("guild.muteGuildOrMembers", guild.id, { mute_seconds: 60 }), expect: 502005, why },
    { ...of("guild.muteGuildOrMembers", guild.id, { mute_seconds: "60" }), expect: "ok" },
    { ...of("guild.muteGuildOrMembers", guild.id, { mute_seconds: "60", user_ids: [person] }), expect: "ok" },
    { ...of("guild.muteGuildMember", guild.id, person, { mute_seconds: 60 }), expect: 502005, why },
    { ...of("guild.muteGuildMember", guild.id, person, { mute_seconds: "0" }), expect: "ok" },
    { ...of("guildBot.muteGuildMember", guild.id, person, 60_000), expect: 502005, why },
    { ...of("guild.muteGuildOrMembers", guild.id, { mute_seconds: "0" }), expect: "ok" },
    { ...of("guild.getChannelMemberPermissions", text, person), expect: "ok" },
    { ...of("guild.modifyChannelMemberPermissions", text, person, { add: "4", remove: "0" }), expect: "ok" },
    { ...of("guild.getChannelRole", text, "1"), expect: "ok" },
    { ...of("guild.modifyChannelRole", text, "1", { add: "0", remove: "4" }), expect: "ok" },
  ];
}

function roleRows(): CallRow[] {
  const inChannel = { channel: { id: text } };
  let role = "";
  return [
    {
      ...later(
        "guild.createGuildRole",
        () => [guild.id, { name: "regulars", hoist: 1 }],
        (made: { role_id: string }) => {
          role = made.role_id;
          assert.notEqual(role, "");
        },
      ),
      expect: "ok",
    },
    { ...later("guild.modifyGuildRole", () => [guild.id, role, { name: "friends" }]), expect: "ok" },
    { ...later("guild.addGuildMemberRole", () => [guild.id, person, role, {}]), expect: "ok" },
    { ...later("guild.removeGuildMemberRole", () => [guild.id, person, role]), expect: "ok" },
    { ...of("guild.addGuildMemberRole", guild.id, person, "5", inChannel), expect: "ok" },
    {
      ...of("guild.removeGuildMemberRole", guild.id, person, "5", inChannel),
      expect: 10003,
      why: "puts the channel of role 5 into the query; documented is the body of the DELETE",
    },
    { ...later("guild.removeGuildRole", () => [guild.id, role]), expect: "ok" },
  ];
}

function channelRows(): CallRow[] {
  let made = "";
  return [
    {
      ...later(
        "guild.createGuildChannel",
        () => [guild.id, { name: "new", type: 0, position: 2 }],
        (answer: { id: string }) => {
          made = answer.id;
        },
      ),
      expect: "ok",
    },
    { ...later("guild.modifyChannel", () => [made, { name: "renamed" }]), expect: "ok" },
    { ...later("guild.deleteChannel", () => [made]), expect: "ok" },
    {
      ...of("guildBot.createChannel", guild.id, { name: "general", type: 0 }),
      expect: "ok",
    },
  ];
}

function scheduleRows(): CallRow[] {
  const start = Date.now() + 3_600_000;
  const times = { start_timestamp: String(start), end_timestamp: String(start + 3_600_000) };
  const meeting = { name: "meeting", ...times, jump_channel_id: "0", remind_type: "0" };
  const why = "its types have the fields side by side; documented is one object, schedule";
  const dates = { name: "dates", type: 10006, application_id: "1000050" };
  let place = "";
  let id = "";
  return [
    {
      ...later(
        "guild.createGuildChannel",
        () => [guild.id, dates],
        (answer: { id: string }) => {
          place = answer.id;
        },
      ),
      expect: "ok",
    },
    { ...later("guild.createSchedule", () => [place, meeting]), expect: 302017, why },
    {
      ...later(
        "guild.createSchedule",
        () => [place, { schedule: meeting }],
        (answer: { id: string }) => {
          id = answer.id;
        },
      ),
      expect: "ok",
    },
    { ...later("guild.getSchedules", () => [place, { since: Date.now() }], has(1)), expect: "ok" },
    { ...later("guild.getSchedule", () => [place, id]), expect: "ok" },
    { ...later("guild.modifySchedule", () => [place, id, meeting]), expect: 302017, why },
    { ...later("guild.modifySchedule", () => [place, id, { schedule: meeting }]), expect: "ok" },
    { ...later("guild.removeSchedule", () => [place, id]), expect: "ok" },
  ];
}

function forumRows(): CallRow[] {
  const forum = channelOf(10007);
  let thread = "";
  return [
    { ...of("guild.createPost", forum, { title: "By the bot", content: "text", format: 1 }), expect: "ok" },
    {
      ...later(
        "guild.listThreads",
        () => [forum],
        (answer: { threads: { thread_info: { thread_id: string } }[] }) => {
          thread = answer.threads[0]?.thread_info.thread_id ?? "";
          assert.notEqual(thread, "");
        },
      ),
      expect: "ok",
    },
    {
      ...later("guild.getThread", () => [forum, thread]),
      expect: "unsent",
      why: "its types name it, no route makes it",
    },
    { ...later("guild.removePost", () => [forum, thread]), expect: "ok" },
  ];
}

/** What every Satori bot can do, in private chats and groups. */
function generalRows(): CallRow[] {
  const { c2c, group } = heard;
  return [
    { ...of("bot.initialize"), expect: "ok" },
    { ...of("bot.getAccessToken"), expect: "ok" },
    { ...of("bot.getLogin"), expect: "ok" },
    { ...of("bot.createDirectChannel", places.c2c), expect: "ok" },
    { ...later("bot.deleteMessage", async () => [places.group, await sent("group")]), expect: "ok" },
    { ...later("bot.deleteMessage", async () => [places.c2c, await sent("c2c")]), expect: "ok" },
    { ...of("bot.sendMessage", places.group, "by itself"), expect: "ok" },
    {
      ...of("bot.sendMessage", places.group, `text <img src="${picture}"/>`, undefined, { session: group }),
      expect: "ok",
    },
    { ...of("bot.sendMessage", places.c2c, `<img src="${picture}"/>`, undefined, { session: c2c }), expect: "ok" },
    {
      ...of("bot.sendPrivateMessage", places.c2c, "by itself"),
      expect: 40054003,
      why: "without a session to answer it sends private messages to the route of groups",
    },
  ];
}

function generalGuildRows(): CallRow[] {
  const message = heard.channel?.messageId;
  const { channel, dms } = heard;
  return [
    { ...of("guildBot.getLogin"), expect: "ok" },
    { ...later("guildBot.getGuildList", () => [], hasMany(1)), expect: "ok" },
    { ...of("guildBot.getGuild", guild.id), expect: "ok" },
    { ...of("guildBot.getChannelList", guild.id), expect: "ok" },
    { ...of("guildBot.getChannel", text), expect: "ok" },
    { ...later("guildBot.getGuildMemberList", () => [guild.id], hasMany(4)), expect: "ok" },
    { ...of("guildBot.getGuildMember", guild.id, person), expect: "ok" },
    { ...of("guildBot.getUser", person, guild.id), expect: "ok" },
    { ...of("guildBot.createReaction", text, message, "1:4"), expect: "ok" },
    { ...later("guildBot.getReactionList", () => [text, message, "1:4"], hasMany(1)), expect: "ok" },
    { ...of("guildBot.deleteReaction", text, message, "1:4"), expect: "ok" },
    {
      ...later(
        "guildBot.getMessage",
        () => [text, message],
        (read: { content: string }) => assert.match(read.content, /hello channel/),
      ),
      expect: "ok",
    },
    {
      ...later(
        "guildBot.sendMessage",
        () => [text, `<img src="${picture}"/>`, undefined, { session: channel }],
        has(1),
      ),
      expect: "ok",
    },
    {
      ...later("guildBot.sendPrivateMessage", () => [person, "by itself", guild.id], has(1)),
      expect: "ok",
    },
    { ...later("guildBot.deleteMessage", async () => [text, await sent("channel")]), expect: "ok" },
    { ...later("guildBot.deleteMessage", async () => [dms?.channelId, await sent("dms")]), expect: "ok" },
    { ...of("guildBot.createDirectChannel", person, guild.id), expect: "ok" },
    { ...of("guildBot.kickGuildMember", guild.id, person), expect: "ok" },
    {
      ...of("guild.removeGuildMember", guild.id, person),
      expect: 10001,
      why: "gone already: the row above removed them",
    },
  ];
}

/** Sends buttons and has somebody press one. */
async function clicked(): Promise<string> {
  const id = "yes";
  const button = { id, render_data: { label: "yes" }, action: { type: 1, data: id, permission: { type: 2 } } };
  const keyboard = { content: { rows: [{ buttons: [button] }] } };
  const message = { msg_type: 2, markdown: { content: "Well?" }, keyboard };
  const { id: message_id } = (await of("v2.sendPrivateMessage", places.c2c, message).run()) as { id: string };
  const response = await fetch(`${emulator.url}/_emulator/click`, {
    method: "POST",
    headers: { authorization: `Bearer ${emulator.token}` },
    body: JSON.stringify({ as: speaker, scene: "c2c", id: places.c2c, message_id, button_id: id }),
  });
  return ((await response.json()) as { interaction_id: string }).interaction_id;
}
