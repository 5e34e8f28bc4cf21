import assert from "node:assert/strict";
import { type CallRow, type Calls, callFrom } from "./call-table.ts";
import {
  channelOf,
  client,
  emulator,
  guild,
  heard,
  later,
  of,
  person,
  places,
  sent,
  speaker,
  text,
} from "./qq-official-bot.stage.ts";

const bot = client as unknown as Calls;

const muting = { method: "PATCH", path: "/guilds/{guild_id}/mute" };

/** In this order: some take what earlier ones made. */
export function allRows(): CallRow[] {
  return [
    ...readingRows(),
    ...sendingRows(),
    ...messageRows(),
    ...moderationRows(),
    ...roleRows(),
    ...channelRows(),
    ...scheduleRows(),
    ...otherRows(),
    ...ownRows(),
  ];
}

function readingRows(): CallRow[] {
  const has = (size: number) => (list: unknown[]) => assert.equal(list.length, size);
  return [
    {
      ...later(
        "bot.getSelfInfo",
        () => [],
        (me: { id: string }) => assert.ok(me.id),
      ),
      expect: "ok",
    },
    { ...later("guild.getList", () => [], has(1)), expect: "ok" },
    {
      ...later(
        "guild.getInfo",
        () => [guild.id],
        (info: object) => assert.ok("guild_name" in info),
      ),
      expect: "ok",
    },
    { ...later("channel.getList", () => [guild.id], has(5)), expect: "ok" },
    {
      ...later(
        "channel.getInfo",
        () => [text],
        (info: object) => assert.ok("channel_name" in info),
      ),
      expect: "ok",
    },
    { ...later("member.getGuildMemberList", () => [guild.id], has(4)), expect: "ok" },
    {
      ...later(
        "member.getGuildMemberInfo",
        () => [guild.id, person],
        (info: { member_id: string }) => assert.equal(info.member_id, person),
      ),
      expect: "ok",
    },
    { ...later("guild.getRoles", () => [guild.id], has(5)), expect: "ok" },
    {
      ...later(
        "guild.getAccessApis",
        () => [guild.id],
        (apis: unknown[]) => assert.ok(apis.length > 0),
      ),
      expect: "ok",
    },
    {
      ...later("guild.applyAccess", () => {
        emulator.act({ action: "revoke_api", guild: guild.id, ...muting });
        return [guild.id, text, muting, "quiet hours"];
      }),
      expect: "ok",
    },
  ];
}

function sendingRows(): CallRow[] {
  const image = { type: "image", data: { file: "https://example.com/a.png" } };
  return [
    { ...of("message", "sendGuildMessage", text, [{ type: "text", data: { text: "picture " } }, image]), expect: "ok" },
    { ...of("message", "sendGuildMessage", text, [{ type: "embed", data: { title: "embed" } }]), expect: "ok" },
    { ...of("message", "sendGuildMessage", text, [{ type: "markdown", data: { content: "**bold**" } }]), expect: "ok" },
    { ...of("message", "sendDirectMessage", places.dms.id, "by itself"), expect: "ok" },
    { ...of("message", "sendGroupMessage", places.group.id, "by itself"), expect: "ok" },
    {
      ...of("message", "sendPrivateMessage", places.c2c.id, [{ type: "markdown", data: { content: "# T" } }]),
      expect: "ok",
    },
    { ...later("message.sendPrivateMessage", () => [places.c2c.id, [image], heard.c2c]), expect: "ok" },
    {
      ...of("message", "sendGroupMessage", places.group.id, [image]),
      expect: 50006,
      why: "sets msg_type 7 only in answers: by itself the uploaded file goes out as an empty text",
    },
    { ...of("message", "sendBatch", `/v2/users/${places.c2c.id}`, ["one", "two"]), expect: "ok" },
  ];
}

function messageRows(): CallRow[] {
  const inText = async () => [text, await sent("channel")];
  return [
    {
      ...later("message.getGuildMessage", inText, (answer: object) => assert.ok("message" in answer)),
      expect: "ok",
    },
    { ...later("message.recallGuildMessage", inText), expect: "ok" },
    {
      ...of("message", "createDirectSession", guild.id, person),
      run: async () => {
        const session = await of("message", "createDirectSession", guild.id, person).run();
        assert.equal((session as { guild_id: string }).guild_id, places.dms.id);
      },
      expect: "ok",
    },
    {
      ...later("message.getDirectMessage", async () => [places.dms.id, await sent("dms")]),
      expect: 404,
      why: "no document has this path",
    },
    { ...later("message.recallDirectMessage", async () => [places.dms.id, await sent("dms")]), expect: "ok" },
    { ...later("message.recallPrivateMessage", async () => [places.c2c.id, await sent("c2c")]), expect: "ok" },
    { ...later("message.recallGroupMessage", async () => [places.group.id, await sent("group")]), expect: "ok" },
    { ...of("reaction", "addGuildMessageReaction", text, heard.channel?.id, 1, "4"), expect: "ok" },
    {
      ...later(
        "reaction.getGuildMessageReactionMembers",
        () => [text, heard.channel?.id, 1, "4"],
        (users: unknown[]) => assert.equal(users.length, 1),
      ),
      expect: "ok",
    },
    { ...of("reaction", "deleteGuildMessageReaction", text, heard.channel?.id, 1, "4"), expect: "ok" },
    { ...of("channel", "pinMessage", text, heard.channel?.id), expect: 404, why: "pins by POST; documented is PUT" },
    {
      ...later(
        "channel.getPins",
        () => [text],
        (pins: unknown[]) => assert.deepEqual(pins, []),
      ),
      expect: "ok",
    },
    { ...of("channel", "unpinMessage", text, "all"), expect: "ok" },
    { ...of("permission", "setChannelAnnounce", guild.id, text, heard.channel?.id), expect: "ok" },
  ];
}

function moderationRows(): CallRow[] {
  const why = "mutes by PUT; documented is PATCH";
  return [
    { ...of("guild", "mute", guild.id, 60), expect: 404, why },
    { ...of("guild", "unmute", guild.id), expect: 404, why },
    { ...of("member", "muteMembers", guild.id, [person], 60, 0), expect: 404, why },
    { ...of("member", "unmuteMembers", guild.id, [person]), expect: 404, why },
    { ...of("permission", "getChannelRolePermission", text, "1"), expect: "ok" },
    { ...of("permission", "updateChannelRolePermission", text, "1", { remove: "4" }), expect: "ok" },
    { ...of("permission", "getChannelMemberPermission", text, person), expect: "ok" },
    { ...of("permission", "updateChannelMemberPermission", text, person, { add: "4" }), expect: "ok" },
  ];
}

function roleRows(): CallRow[] {
  let role = "";
  const create = of("guild", "createRole", guild.id, { name: "regulars", hoist: 1 });
  const onPerson = () => [guild.id, text, person, role];
  return [
    {
      ...create,
      run: async () => {
        await create.run();
        const roles = (await of("guild", "getRoles", guild.id).run()) as { id: string; name: string }[];
        role = roles.find(({ name }) => name === "regulars")?.id ?? "";
        assert.notEqual(role, "");
      },
      expect: "ok",
    },
    { ...later("guild.updateRole", () => [guild.id, role, { name: "friends" }]), expect: "ok" },
    { ...later("member.addMemberRole", onPerson), expect: "ok" },
    { ...later("member.removeMemberRole", onPerson), expect: "ok" },
    {
      ...of("member", "addMemberRole", guild.id, text, person, "5"),
      expect: 10003,
      why: "role 5 needs {channel:{id}}; it sends {id}",
    },
    {
      ...of("member", "removeMemberRole", guild.id, text, person, "5"),
      expect: 10003,
      why: "role 5 needs {channel:{id}}; it sends {id}",
    },
    {
      ...later("guild.deleteRole", () => [role]),
      expect: 10004,
      why: "takes no guild: the path has the literal {guild_id}",
    },
  ];
}

function channelRows(): CallRow[] {
  let made = "";
  const create = of("channel", "create", guild.id, { name: "new", type: 0, position: 2 });
  return [
    {
      ...create,
      run: async () => {
        made = ((await create.run()) as { id: string }).id;
      },
      expect: "ok",
    },
    { ...later("channel.update", () => [made, { name: "renamed" }]), expect: "ok" },
    { ...later("channel.delete", () => [made]), expect: "ok" },
    {
      ...of("audio", "controlChannelAudio", channelOf(2), { status: 0, audio_url: "https://example.com/a.mp3" }),
      expect: "ok",
    },
    { ...of("audio", "setOnlineMic", channelOf(2)), expect: "ok" },
    {
      ...of("audio", "setOfflineMic", channelOf(2)),
      expect: "misread",
      why: "waits for 204; documented is 200 {}",
    },
  ];
}

function scheduleRows(): CallRow[] {
  const start = Date.now() + 3_600_000;
  const end = start + 3_600_000;
  let place = "";
  let id = "";
  const at = () => [place, id];
  return [
    {
      call: "schedule.createChannelSchedule",
      run: async () => {
        const channel = { name: "dates", type: 10006, application_id: "1000050" };
        place = ((await of("channel", "create", guild.id, channel).run()) as { id: string }).id;
        const created = await of("schedule", "createChannelSchedule", place, "meeting", "", start, end, "0").run();
        id = (created as { id: string }).id;
      },
      expect: "ok",
    },
    {
      ...later(
        "schedule.getChannelSchedules",
        () => [place, Date.now()],
        (list: unknown[]) => assert.equal(list.length, 1),
      ),
      expect: "ok",
    },
    { ...later("schedule.getChannelSchedule", at), expect: "ok" },
    { ...later("schedule.updateChannelSchedule", () => [...at(), "moved", "", start, end, "0"]), expect: "ok" },
    { ...later("schedule.deleteChannelSchedule", at), expect: "ok" },
  ];
}

function otherRows(): CallRow[] {
  const forum = channelOf(10007);
  const bodyless = { title: "By people", content: "text" };
  let thread = "";
  return [
    {
      ...of("thread", "publishThread", forum, bodyless.title, bodyless.content),
      expect: 404,
      why: "publishes by POST; documented is PUT",
    },
    {
      call: "thread.getChannelThreads",
      run: async () => {
        emulator.act({ action: "post_thread", as: speaker, channel: forum, ...bodyless });
        const { threads } = (await of("thread", "getChannelThreads", forum).run()) as {
          threads: { thread_info: { thread_id: string } }[];
        };
        thread = threads[0]?.thread_info.thread_id ?? "";
        assert.notEqual(thread, "");
      },
      expect: "ok",
    },
    { ...later("thread.getChannelThreadInfo", () => [forum, thread]), expect: "ok" },
    { ...later("thread.deleteThread", () => [forum, thread]), expect: "ok" },
    { ...later("bot.replyAction", async () => [await clicked(), 0]), expect: "ok" },
    {
      ...of("member", "kickMember", guild.id, person, 3, true),
      run: async () => {
        assert.equal(await of("member", "kickMember", guild.id, person, 3, true).run(), true);
        // `delete_message_days` is not the field's name: the person is gone, their messages stay.
        assert.equal(emulator.messages({ scene: "channel", id: text }).filter((row) => row.recalled).length, 1);
      },
      expect: "ok",
    },
  ];
}

/** Sends buttons and has somebody press one. */
async function clicked(): Promise<string> {
  const id = "yes";
  const button = { id, render_data: { label: "yes" }, action: { type: 1, data: id, permission: { type: 2 } } };
  const message = [
    { type: "markdown", data: { content: "Well?" } },
    { type: "keyboard", data: { content: { rows: [{ buttons: [button] }] } } },
  ];
  const { id: message_id } = (await of("message", "sendPrivateMessage", places.c2c.id, message).run()) as {
    id: string;
  };
  const response = await fetch(`${emulator.url}/_emulator/click`, {
    method: "POST",
    headers: { authorization: `Bearer ${emulator.token}` },
    body: JSON.stringify({ as: speaker, scene: "c2c", id: places.c2c.id, message_id, button_id: id }),
  });
  return ((await response.json()) as { interaction_id: string }).interaction_id;
}

/** Calls of the client that are not those of a service under another name. */
function ownRows(): CallRow[] {
  const own = (call: string, ...args: unknown[]) => ({ call, run: () => callFrom(bot, call, args) });
  const why = "it knows no such call of the platform";
  const picture = Buffer.from("\x89PNG\r\n\x1a\n12345678", "latin1");
  const upload = { targetType: "user", targetId: places.c2c.id, fileType: 1 };
  const files = client.fileProcessor;
  return [
    // These two page until a page is empty.
    { ...own("getGuildList"), expect: "ok" },
    { ...own("getGuildMemberList", guild.id), expect: "ok" },
    {
      ...own("muteGuildMember", guild.id, person, 60, 0),
      expect: 404,
      why: "mutes by PUT; documented is PATCH",
    },
    { ...own("getGroupMemberList", places.group.id), expect: "unsent", why },
    { ...own("getGroupMemberInfo", places.group.id, "x"), expect: "unsent", why },
    { ...own("getFriendList"), expect: "unsent", why },
    { ...own("getFriendInfo", places.c2c.id), expect: "unsent", why },
    { call: "files.uploadMedia", run: () => callFrom(files, "uploadMedia", [picture, upload]), expect: "ok" },
    {
      call: "files.uploadMultipleFiles",
      run: () => callFrom(files, "uploadMultipleFiles", [[{ data: picture, type: 1 }], upload]),
      expect: "ok",
    },
  ];
}
