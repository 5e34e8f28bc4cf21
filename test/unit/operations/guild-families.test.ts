import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/operations/all.ts";
import { callOperation } from "../../../src/operations/call.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const run = (name: string, input: Record<string, unknown>, answer?: unknown) => {
  const operation = findOperation(name);
  if (!operation) throw new Error(`no operation ${name}`);
  const fake = fakeContext({ respond: () => answer });
  return { requests: fake.requests, output: callOperation(operation, fake.context, input) };
};

describe("calls of the guild families on the wire", () => {
  it("carry a body where the platform wants one with DELETE", async () => {
    const member = { guild_id: "1", user_id: "2" };
    const kick = run("remove_member", { ...member, add_blacklist: true, delete_history_msg_days: -1 });
    expect(await kick.output).toEqual({ done: true });
    expect(kick.requests[0]).toMatchObject({
      ...{ method: "DELETE", path: "/guilds/1/members/2" },
      body: { add_blacklist: true, delete_history_msg_days: -1 },
    });
    const role = run("remove_member_role", { ...member, role_id: "5", channel: { id: "3" } });
    await role.output;
    expect(role.requests[0]).toMatchObject({ path: "/guilds/1/members/2/roles/5", body: { channel: { id: "3" } } });
  });

  it("say times of muting as text, and tell members from everybody", async () => {
    const all = run("mute_guild", { guild_id: "1", mute_seconds: "60" });
    await all.output;
    expect(all.requests[0]).toMatchObject({ method: "PATCH", path: "/guilds/1/mute", body: { mute_seconds: "60" } });
    const some = run("mute_members", { guild_id: "1", user_ids: ["2"], mute_seconds: "0" }, { user_ids: ["2"] });
    expect(await some.output).toEqual({ user_ids: ["2"] });
    expect(some.requests[0]?.body).toEqual({ user_ids: ["2"], mute_seconds: "0" });
  });

  it("wrap a schedule, with no channel to open and no reminder unless asked for", async () => {
    const schedule = { name: "开会", start_timestamp: "1798000000000", end_timestamp: "1798003600000" };
    const made = run("create_schedule", { channel_id: "1", schedule }, { id: "s" });
    expect(await made.output).toEqual({ id: "s" });
    expect(made.requests[0]?.body).toEqual({ schedule: { ...schedule, jump_channel_id: "0", remind_type: "0" } });
  });

  it.each([
    ["list_schedules", "schedules"],
    ["list_threads", "threads"],
    ["list_voice_members", "members"],
  ])("%s reads a bare list, a wrapped one and nothing", async (name, field) => {
    const rows = [{ id: "1" }];
    expect(await run(name, { channel_id: "1" }, rows).output).toEqual({ [field]: rows });
    expect(await run(name, { channel_id: "1" }, { [field]: rows }).output).toEqual({ [field]: rows });
    expect(await run(name, { channel_id: "1" }).output).toEqual({ [field]: [] });
  });

  it("read a made channel from either form of the answer", async () => {
    const channel = { id: "9", name: "新" };
    const input = { guild_id: "1", name: "新", type: 0 };
    expect(await run("create_channel", input, [channel]).output).toEqual(channel);
    expect(await run("create_channel", input, channel).output).toEqual(channel);
  });
});

describe("calls of the guild families are refused before the wire", () => {
  const guild = { guild_id: "1" };
  const member = { ...guild, user_id: "2" };
  const schedule = { name: "x", start_timestamp: "1798000000000", end_timestamp: "1798003600000" };
  const recommend = { recommend_channels: [{ channel_id: "3", introduce: "x" }] };

  it.each([
    [
      "an empty list, which would mute everybody",
      "mute_members",
      { ...guild, user_ids: [], mute_seconds: "9" },
      "user_ids",
    ],
    ["muting without an end", "mute_member", member, "mute_seconds"],
    ["muting for a number instead of text", "mute_guild", { ...guild, mute_seconds: 60 }, "mute_seconds"],
    ["role 5 without its channel", "add_member_role", { ...member, role_id: "5" }, "channel"],
    ["a channel with another role", "add_member_role", { ...member, role_id: "2", channel: { id: "3" } }, "channel"],
    ["a role that says nothing", "create_role", guild, "name"],
    ["a change of nothing", "update_channel", { channel_id: "3" }, "name"],
    ["permissions without bits", "set_role_permissions", { channel_id: "3", role_id: "1" }, "add"],
    ["an announcement of nothing", "create_announcement", guild, "message_id"],
    [
      "two announcements in one",
      "create_announcement",
      { ...guild, message_id: "m", channel_id: "3", ...recommend },
      "message_id",
    ],
    ["an announced message without its channel", "create_announcement", { ...guild, message_id: "m" }, "channel_id"],
    ["playing without an address", "control_audio", { channel_id: "3", status: 0 }, "audio_url"],
    [
      "days that the platform does not know",
      "remove_member",
      { ...member, delete_history_msg_days: 5 },
      "delete_history_msg_days",
    ],
    [
      "seconds where milliseconds belong",
      "create_schedule",
      { channel_id: "3", schedule: { ...schedule, start_timestamp: "17" } },
      "schedule.start_timestamp",
    ],
    [
      "a path that leaves the API",
      "request_api_permission",
      { ...guild, channel_id: "3", desc: "x", api_identify: { path: "//x.com?", method: "GET" } },
      "api_identify.path",
    ],
  ])("%s", async (_, name, input, field) => {
    const { requests, output } = run(name, input);
    await expect(output).rejects.toMatchObject({ name: "InputError", field });
    expect(requests).toEqual([]);
  });
});
