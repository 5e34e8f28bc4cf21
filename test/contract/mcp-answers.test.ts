import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeliveryResult } from "../../src/delivery/message.ts";
import { tokensOf } from "../../src/mcp/size.ts";
import { connectMcp } from "../kit/mcp-client.ts";
import { countTokens } from "../kit/tokens.ts";

const guild = {
  id: "5823",
  name: "小站",
  icon: "https://x/y",
  owner_id: "9",
  member_count: 3,
  description: "d",
  joined_at: "2026-01-01T00:00:00+08:00",
};
const memberOf = (at: number, nick = `成员${at}`) => ({
  user: { id: `u${at}`, username: nick, avatar: `https://thirdqq.qlogo.cn/${at}` },
  nick,
  roles: ["4"],
});

describe("short and full answers", () => {
  it("are short by default: what the next call needs, ids with names", async () => {
    const { call } = await connectMcp({ respond: () => [guild] });
    expect((await call("qq_list_guilds")).data).toEqual({ guilds: [{ id: "5823", name: "小站", member_count: 3 }] });
    const full = await call("qq_list_guilds", { response_format: "detailed" });
    expect(full.data).toEqual({ guilds: [guild] });
    expect(full.text).toContain("icon=https://x/y");
  });

  it("are asked for by the same word behind qq_call_operation, and refused by name where there is no such word", async () => {
    const { call } = await connectMcp({ respond: () => [guild] });
    const detailed = { name: "list_guilds", response_format: "detailed" };
    expect((await call("qq_call_operation", detailed)).data).toEqual({
      operation: "list_guilds",
      result: { guilds: [guild] },
    });
    const wrong = await call("qq_list_guilds", { response_format: "brief" });
    expect(wrong.text).toContain("response_format must be concise or detailed");
    const place = { channel_id: "c", message_id: "m", type: 1, id: "4" };
    const send = await call("qq_add_reaction", { ...place, response_format: "concise" });
    expect(send.text).toContain("unknown field response_format");
  });

  it("tell the kind of a channel in a word, and its category by name", async () => {
    const rows = [
      { id: "1", name: "公告区", type: 4 },
      { id: "2", name: "通知", type: 0, sub_type: 1, parent_id: "1", position: 3 },
    ];
    const { call } = await connectMcp({ respond: () => rows });
    expect((await call("qq_list_channels", { guild_id: "g" })).data.channels).toEqual([
      { id: "1", name: "公告区", kind: "category" },
      { id: "2", name: "通知", kind: "announcement", parent_name: "公告区" },
    ]);
  });
});

describe("events", () => {
  it("are answered by one id: the message's, or else the event's", async () => {
    const { call, arrive } = await connectMcp();
    const author = { user_openid: "U1" };
    arrive({ type: "C2C_MESSAGE_CREATE", data: { id: "ROBOT1.0_m", author, content: "在吗", timestamp: "" } });
    arrive({ type: "GROUP_ADD_ROBOT", data: { group_openid: "G1", op_member_openid: "M1", timestamp: 1 } });
    const ids = async (input: object) => {
      const rows = (await call("qq_list_events", { cursor: 0, ...input })).data.events as Record<string, unknown>[];
      return rows.map(({ message_id, event_id }) => [message_id, event_id]);
    };
    const [message, added] = ["C2C_MESSAGE_CREATE:1", "GROUP_ADD_ROBOT:2"];
    expect(await ids({})).toEqual([
      ["ROBOT1.0_m", undefined],
      [undefined, added],
    ]);
    expect(await ids({ response_format: "detailed" })).toEqual([
      ["ROBOT1.0_m", message],
      [undefined, added],
    ]);
  });
});

describe("lists", () => {
  it("give next_cursor exactly while there is more, and go on from it", async () => {
    const pages: Record<string, object[]> = { "0": [memberOf(1), memberOf(2)], u2: [memberOf(3)] };
    const { call, requests } = await connectMcp({ respond: ({ query }) => pages[String(query?.after)] });
    const first = await call("qq_list_members", { guild_id: "g", limit: 2 });
    expect(first.data.next_cursor).toBe("u2");
    const second = await call("qq_list_members", { guild_id: "g", limit: 2, cursor: first.data.next_cursor });
    expect(second.data).not.toHaveProperty("next_cursor");
    expect(requests.map(({ query }) => query)).toEqual([
      { after: "0", limit: 2 },
      { after: "u2", limit: 2 },
    ]);
  });

  it("drop the empty cursor with which the platform marks its last page", async () => {
    const { call } = await connectMcp({ respond: () => ({ members: [{ member_openid: "M" }], next_cursor: "" }) });
    const { data } = await call("qq_call_operation", { name: "list_group_members", input: { group_openid: "G" } });
    expect(data.result).toEqual({ members: [{ member_openid: "M" }] });
  });

  it("clamp the limit instead of refusing it", async () => {
    const { call, requests } = await connectMcp({ respond: () => [] });
    await call("qq_list_guilds", { limit: 5000 });
    expect(requests[0]?.query).toEqual({ limit: 100 });
  });

  it("come in portions that a model can take in, also where the platform gives them whole, and lose no row", async () => {
    const channels = Array.from({ length: 900 }, (_, at) => ({
      id: `${58230000000 + at}`,
      name: `频道${at}`,
      type: 0,
    }));
    const { call } = await connectMcp({ respond: () => channels });
    const seen: unknown[] = [];
    let cursor: unknown;
    let rounds = 0;
    do {
      const input = { guild_id: "g", ...(cursor === undefined ? {} : { cursor }) };
      const { data, text } = await call("qq_list_channels", input);
      expect(countTokens(data)).toBeLessThan(7_500);
      if (data.next_cursor) expect(text).toContain(`call again with cursor "${data.next_cursor}"`);
      seen.push(...(data.channels as { id: string }[]).map(({ id }) => id));
      cursor = data.next_cursor;
      rounds++;
    } while (cursor !== undefined);
    expect(seen).toEqual(channels.map(({ id }) => id));
    expect(rounds).toBeGreaterThan(2);
  });

  it("keep the platform's own cursor while its page is shown in portions", async () => {
    const rows = Array.from({ length: 400 }, (_, at) => memberOf(at, "长短，".repeat(20)));
    const { call, requests } = await connectMcp({ respond: () => rows });
    let { data } = await call("qq_list_members", { guild_id: "g", limit: 400, cursor: "before" });
    while (String(data.next_cursor).startsWith("rest:"))
      ({ data } = await call("qq_list_members", { guild_id: "g", limit: 400, cursor: data.next_cursor }));
    expect(data.next_cursor).toBe("u399");
    expect(new Set(requests.map(({ query }) => query?.after))).toEqual(new Set(["before"]));
  });

  it("never pass over events that did not fit", async () => {
    const { call, arrive } = await connectMcp();
    for (let at = 0; at < 60; at++)
      arrive({ type: "GUILD_MEMBER_ADD", data: { guild_id: "g", nick: "长短，".repeat(230), at } });
    const seen: unknown[] = [];
    let cursor: unknown = 0;
    for (let round = 0; seen.length < 60 && round < 20; round++) {
      const { data } = await call("qq_wait_events", { cursor, limit: 60, timeout_s: 0 });
      seen.push(...(data.events as { cursor: number }[]).map((event) => event.cursor));
      expect(data.has_more).toBe(seen.length < 60);
      cursor = data.cursor;
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
  });

  it("are never continued by doing something again", async () => {
    const parts = Array.from({ length: 400 }, (_, at) => ({
      ...{ messageId: `ROBOT1.0_${at}_${"x".repeat(60)}`, mode: "active", status: "sent", sentAt: 0 },
    })) as DeliveryResult["parts"];
    const { call, delivered } = await connectMcp({ deliver: () => ({ parts, notes: [] }) });
    const { data, text } = await call("qq_send_message", { scene: "group", id: "G", content: "x" });
    expect(countTokens(data)).toBeLessThan(20_000);
    expect(text).not.toContain("call again");
    expect(data).not.toHaveProperty("next_cursor");
    expect(delivered).toHaveLength(1);
  });

  it("refuse a cursor that they never gave", async () => {
    const { call, requests } = await connectMcp();
    const answer = await call("qq_list_channels", { guild_id: "g", cursor: "u2" });
    expect(answer.text).toContain("list_channels gave no such cursor");
    expect((await call("qq_get_guild", { guild_id: "g", cursor: "u2" })).text).toContain("unknown field cursor");
    expect(requests).toEqual([]);
  });
});

describe("the size of an answer", () => {
  it("is never above 20,000 tokens, whatever the platform sends, in both forms", async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.constantFrom("长短，".repeat(3_000), "A9F3 C0".repeat(4_000), "👍🏽 ".repeat(2_000), '"\\ '.repeat(9_000)),
    );
    const row = fc.record({ id: text, name: text, extra: fc.dictionary(text, text, { maxKeys: 5 }) });
    const payload = fc.oneof(
      fc.record({ id: text, name: text, extra: fc.array(fc.array(text, { maxLength: 40 }), { maxLength: 40 }) }),
      fc.array(row, { maxLength: 60 }),
    );
    let answer: unknown;
    const { call } = await connectMcp({ respond: () => answer });
    await fc.assert(
      fc.asyncProperty(payload, fc.constantFrom("concise", "detailed"), async (sent, response_format) => {
        answer = sent;
        const tool = Array.isArray(sent) ? "qq_list_guilds" : "qq_get_guild";
        const { data, text } = await call(tool, { ...(Array.isArray(sent) ? {} : { guild_id: "g" }), response_format });
        expect(countTokens(data)).toBeLessThan(20_000);
        expect(countTokens(text)).toBeLessThan(20_000);
      }),
      { numRuns: 20 },
    );
  });

  it("is estimated close enough: ids and words at most half as much again, Chinese never under", () => {
    const openid = "E4F4AEA33253A2797FB897C50B81D7ED";
    const samples: Record<string, string> = {
      channels: JSON.stringify(
        Array.from({ length: 50 }, (_, at) => ({ id: `${58230000000 + at}`, name: "通知", type: 0 })),
      ),
      openids: JSON.stringify(Array.from({ length: 50 }, () => ({ member_openid: openid, username: "小明" }))),
      english: "The bot must be a guild administrator; private-domain bots only. ".repeat(20),
      chinese: "机器人必须是频道管理员，仅私域机器人可用。".repeat(20),
    };
    for (const [name, sample] of Object.entries(samples)) {
      const ratio = countTokens(sample) / tokensOf(sample);
      expect(ratio, name).toBeGreaterThan(0.4);
      expect(ratio, name).toBeLessThan(1.6);
    }
  });
});
