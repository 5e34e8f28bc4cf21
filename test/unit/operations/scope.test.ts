import { describe, expect, it } from "vitest";
import { PermissionError } from "../../../src/core/errors.ts";
import { findOperation } from "../../../src/operations/all.ts";
import { callOperation } from "../../../src/operations/call.ts";
import type { Caller } from "../../../src/operations/context.ts";
import { type Permission, permissions } from "../../../src/operations/operation.ts";
import { describeScope } from "../../../src/operations/scope.ts";
import { fakeContext } from "../../kit/fake-context.ts";

type Own = NonNullable<Caller["confinedTo"]>;
const inChannel: Own = { scene: "channel", id: "c1", guildId: "g1" };
const inGroup: Own = { scene: "group", id: "G1" };
const inDms: Own = { scene: "dms", id: "session1", guildId: "g1" };

/** Channel c2 is in g1, every other channel in g9. */
function stranger(confinedTo: Own, grants: ReadonlySet<Permission>) {
  const caller: Partial<Caller> = { kind: "model", grants, confinedTo };
  return fakeContext({
    caller,
    respond: ({ path }) =>
      path.includes("/channels/c2") ? { id: "c2", guild_id: "g1" } : { id: "c9", guild_id: "g9" },
  });
}

const speaking: ReadonlySet<Permission> = new Set<Permission>(["read", "send"]);

async function attempt(own: Own, name: string, input: Record<string, unknown>, grants = speaking) {
  const { context, requests } = stranger(own, grants);
  const operation = findOperation(name);
  if (!operation) throw new Error(`no ${name}`);
  const error = await callOperation(operation, context, input).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, requests };
}

describe("strangers", () => {
  it.each([
    [inChannel, "send_message", { scene: "channel", id: "c1", content: "hi" }],
    [inChannel, "list_channels", { guild_id: "g1" }],
    [inChannel, "get_channel", { channel_id: "c1" }],
    [inChannel, "get_bot_profile", {}],
    [inDms, "send_message", { scene: "dms", id: "session1", content: "hi" }],
    [inDms, "list_roles", { guild_id: "g1" }],
    [inGroup, "send_message", { scene: "group", id: "G1", content: "hi" }],
  ] as const)("from %j may %s %j", async (own, name, input) => {
    expect((await attempt(own, name, input)).error).toBeUndefined();
  });

  it.each([
    [inChannel, "send_message", { scene: "channel", id: "c2", content: "hi" }],
    [inChannel, "send_message", { scene: "group", id: "c1", content: "hi" }],
    [inChannel, "send_channel_message", { channel_id: "c2", content: "hi" }],
    [inChannel, "add_reaction", { channel_id: "c2", message_id: "m", type: 1, id: "76" }],
    [inChannel, "list_channels", { guild_id: "g2" }],
    [inChannel, "get_channel", { channel_id: "c2" }],
    [inChannel, "list_guilds", {}],
    [inChannel, "list_outbox", {}],
    [inGroup, "get_guild", { guild_id: "g5" }],
    [inGroup, "emulator_read", { what: "world" }],
    [inChannel, "get_channel", { channel_id: "c9" }],
    [inChannel, "create_dm_session", { recipient_id: "u", source_guild_id: "g1" }],
    [inDms, "list_channels", { guild_id: "session1" }],
    [inGroup, "list_channel_messages", { channel_id: "c2" }],
    [inGroup, "send_c2c_message", { user_openid: "G1", msg_type: 0, content: "hi" }],
    [inGroup, "upload_media", { scene: "c2c", id: "U1", url: "https://x.com/a.png", file_type: 1 }],
    [inGroup, "list_events", {}],
    [inGroup, "recall_message", { scene: "group", id: "G1" }],
    [inGroup, "subscribe_gateway", { action: "stop" }],
  ] as const)("from %j may not %s %j", async (own, name, input) => {
    const { error, requests } = await attempt(own, name, input);
    expect(error).toBeInstanceOf(PermissionError);
    // At most the look-up of the channel's guild went out.
    expect(requests.every(({ template }) => template === "/channels/{channel_id}")).toBe(true);
  });
});

describe("those who may see or manage a whole guild", () => {
  const whole: Own = { ...inChannel, wholeGuild: true };
  const all = new Set(permissions);

  it.each([
    ["get_channel", { channel_id: "c2" }],
    ["list_channel_messages", { channel_id: "c2" }],
    ["pin_message", { channel_id: "c2", message_id: "m" }],
    ["mute_member", { guild_id: "g1", user_id: "7", mute_seconds: "60" }],
    ["create_announcement", { guild_id: "g1", channel_id: "c2", message_id: "m" }],
  ] as const)("may %s %j from one of its channels", async (name, input) => {
    expect((await attempt(whole, name, input, all)).error).toBeUndefined();
  });

  it.each([
    ["send_channel_message", { channel_id: "c2", content: "hi" }],
    ["get_channel", { channel_id: "c9" }],
    ["delete_channel", { channel_id: "c9" }],
    ["mute_member", { guild_id: "g2", user_id: "7", mute_seconds: "60" }],
    ["create_announcement", { guild_id: "g1", channel_id: "c9", message_id: "m" }],
    ["recall_channel_message", { channel_id: "c9", message_id: "m" }],
    ["remove_group_members", { group_openid: "G1", member_openids: ["M"] }],
    ["create_share_link", {}],
    ["list_guilds", {}],
  ] as const)("may not %s %j", async (name, input) => {
    const { error, requests } = await attempt(whole, name, input, all);
    expect(error).toBeInstanceOf(PermissionError);
    expect(requests.every(({ template }) => template === "/channels/{channel_id}")).toBe(true);
  });
});

describe("scope in the audit log", () => {
  it("stays short and readable whatever was in the field", () => {
    const scope = { conversation: { scene: "scene", id: "id" } };
    expect(describeScope(scope, { scene: "group", id: "G1" })).toBe("group:G1");
    expect(describeScope(scope, { id: { a: 1 } })).toBe("?:?");
    expect(describeScope(scope, { scene: "group", id: "x".repeat(999) }).length).toBeLessThan(150);
  });
});
