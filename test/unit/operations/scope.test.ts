import { describe, expect, it } from "vitest";
import { PermissionError } from "../../../src/core/errors.ts";
import { findOperation } from "../../../src/operations/all.ts";
import { callOperation } from "../../../src/operations/call.ts";
import type { Caller } from "../../../src/operations/context.ts";
import { describeScope } from "../../../src/operations/scope.ts";
import { fakeContext } from "../../kit/fake-context.ts";

type Own = NonNullable<Caller["confinedTo"]>;
const inChannel: Own = { scene: "channel", id: "c1", guildId: "g1" };
const inGroup: Own = { scene: "group", id: "G1" };
const inDms: Own = { scene: "dms", id: "session1", guildId: "g1" };

/** Channel c2 is in g1, every other channel in g9. */
function stranger(confinedTo: Own) {
  const caller: Partial<Caller> = { kind: "model", grants: new Set(["read", "send"]), confinedTo };
  return fakeContext({
    caller,
    respond: ({ path }) =>
      path.includes("/channels/c2") ? { id: "c2", guild_id: "g1" } : { id: "c9", guild_id: "g9" },
  });
}

async function attempt(own: Own, name: string, input: Record<string, unknown>) {
  const { context, requests } = stranger(own);
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
    [inChannel, "get_channel", { channel_id: "c2" }],
    [inChannel, "list_guilds", {}],
    [inDms, "send_message", { scene: "dms", id: "session1", content: "hi" }],
    [inDms, "list_roles", { guild_id: "g1" }],
    [inGroup, "send_message", { scene: "group", id: "G1", content: "hi" }],
    [inGroup, "get_guild", { guild_id: "g5" }],
  ] as const)("from %j may %s %j", async (own, name, input) => {
    expect((await attempt(own, name, input)).error).toBeUndefined();
  });

  it.each([
    [inChannel, "send_message", { scene: "channel", id: "c2", content: "hi" }],
    [inChannel, "send_message", { scene: "group", id: "c1", content: "hi" }],
    [inChannel, "send_channel_message", { channel_id: "c2", content: "hi" }],
    [inChannel, "add_reaction", { channel_id: "c2", message_id: "m", type: 1, id: "76" }],
    [inChannel, "list_channels", { guild_id: "g2" }],
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

describe("scope in the audit log", () => {
  it("stays short and readable whatever was in the field", () => {
    const scope = { conversation: { scene: "scene", id: "id" } };
    expect(describeScope(scope, { scene: "group", id: "G1" })).toBe("group:G1");
    expect(describeScope(scope, { id: { a: 1 } })).toBe("?:?");
    expect(describeScope(scope, { scene: "group", id: "x".repeat(999) }).length).toBeLessThan(150);
  });
});
