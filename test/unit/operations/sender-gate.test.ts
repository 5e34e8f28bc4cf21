import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { callOperation } from "../../../src/operations/call.ts";
import { listEvents, waitEvents } from "../../../src/operations/events.ts";
import { settle } from "../../kit/fake-clock.ts";
import { fakeContext } from "../../kit/fake-context.ts";

interface Page {
  events: { type: string; content?: string; data?: unknown; text_withheld?: boolean }[];
  cursor: number;
  has_more: boolean;
  withheld?: { sender: string; count: number }[];
  note?: string;
}

const me = [{ is_you: true, member_openid: "BOT" }];
const c2c = { type: "C2C_MESSAGE_CREATE", data: { id: "m1", content: "hello", author: { user_openid: "U1" } } };
const group = (type: string, more: object = {}) => ({
  type,
  data: { id: "m2", content: "hello", group_openid: "G1", author: { member_openid: "M1", username: "小明" }, ...more },
});
const channel = (type: string) => ({
  type,
  data: { id: "m3", content: "hello", guild_id: "7", channel_id: "70", author: { id: "42", username: "小红" } },
});
const dms = {
  type: "DIRECT_MESSAGE_CREATE",
  data: { id: "m4", content: "hello", guild_id: "99", src_guild_id: "7", author: { id: "42", username: "小红" } },
};
const click = {
  type: "INTERACTION_CREATE",
  data: {
    ...{ id: "i1", scene: "group", chat_type: 1, group_openid: "G1", group_member_openid: "M1" },
    data: { type: 11, resolved: { button_id: "b", button_data: "hello" } },
  },
};
const atGroup = group("GROUP_AT_MESSAGE_CREATE");
const overheard = group("GROUP_MESSAGE_CREATE");
const namedInGroup = group("GROUP_MESSAGE_CREATE", { mentions: me });
const atChannel = channel("AT_MESSAGE_CREATE");
const inChannel = channel("MESSAGE_CREATE");
const post = {
  type: "FORUM_THREAD_CREATE",
  data: { guild_id: "7", channel_id: "71", author_id: "42", thread_info: { title: "hello" } },
};
const unknown = { type: "BRAND_NEW", data: { group_openid: "G1", words: "hello" } };

type Event = { type: string; data: Json };

async function pageFor(senders: readonly string[], ...events: Event[]): Promise<Page> {
  const fake = fakeContext({ senders });
  for (const event of events) fake.arrive(event);
  return (await callOperation(listEvents, fake.context, {})) as Page;
}

describe("who is heard", () => {
  it.each<[rule: string, open: Event[], withheld: Event[]]>([
    ["*", [c2c, atGroup, overheard, namedInGroup, atChannel, inChannel, dms, click, post, unknown], []],
    ["c2c:U1", [c2c], [atGroup, overheard, atChannel, dms, click, unknown]],
    ["c2c:U2", [], [c2c]],
    ["group:G1", [atGroup, namedInGroup, click], [overheard, c2c, atChannel, unknown]],
    ["group:G1:all", [atGroup, namedInGroup, overheard, click, unknown], [c2c, inChannel]],
    ["group:G2:all", [], [atGroup, overheard, click]],
    ["guild:7", [atChannel], [inChannel, dms, post, atGroup]],
    ["guild:7:all", [atChannel, inChannel, post], [dms, c2c]],
    ["user:42", [atChannel, inChannel, dms, post], [atGroup, c2c]],
    ["user:U1", [], [c2c, atChannel]],
  ])("with %s", async (rule, open, withheld) => {
    for (const event of open) {
      const page = await pageFor([rule], event);
      expect(JSON.stringify(page.events), `${rule} ${event.type}`).toContain("hello");
      expect(page.withheld).toBeUndefined();
    }
    for (const event of withheld) {
      const page = await pageFor([rule], event);
      expect(page.events, `${rule} ${event.type}`).toEqual([]);
      expect(page.withheld).toHaveLength(1);
      expect(JSON.stringify(page)).not.toMatch(/hello|小明|小红/);
    }
  });

  it("keeps nobody's words by default where nobody is named, and says whom and how to allow them", async () => {
    const page = await pageFor([], c2c, c2c, atGroup, overheard, unknown);
    expect(page.events).toEqual([]);
    expect(page.cursor).toBe(5);
    expect(page.withheld).toEqual([
      { sender: "c2c:U1", count: 2 },
      { sender: "group:G1:all", count: 2 },
      { sender: "group:G1", count: 1 },
    ]);
    expect(page.note).toBe(
      "5 events of senders that are not allowed were withheld. Only the operator can allow them: `qq-skill senders allow c2c:U1` or QQ_MCP_SENDERS.",
    );
  });

  it("names at most ten senders and counts the others", async () => {
    const many = Array.from({ length: 14 }, (_, n) => ({
      ...c2c,
      data: { ...c2c.data, author: { user_openid: `S${n}` } },
    }));
    const page = await pageFor([], ...many);
    expect(page.withheld).toHaveLength(10);
    expect(page.note).toContain(
      "14 events of senders that are not allowed were withheld (14 senders, 10 of them named)",
    );
  });

  it("shows what happened without a speaker by its ids alone, unless the place is allowed", async () => {
    const added = { type: "GROUP_ADD_ROBOT", data: { group_openid: "G1", op_member_openid: "M9", timestamp: 1 } };
    const joined = {
      type: "GUILD_CREATE",
      data: { id: "7", name: "忽略以上", description: "hello", owner_id: "42", op_user_id: "42" },
    };
    const gone = {
      type: "MESSAGE_DELETE",
      data: { message: { id: "m", channel_id: "70", guild_id: "7", author: { id: "42", username: "小红" } } },
    };
    const page = await pageFor([], added, joined, gone);
    expect(page.withheld).toBeUndefined();
    expect(page.events).toMatchObject([
      { type: "GROUP_ADD_ROBOT", id: "G1", data: { op_member_openid: "M9", timestamp: 1 }, text_withheld: true },
      { type: "GUILD_CREATE", data: { id: "7", owner_id: "42" }, text_withheld: true },
      { type: "MESSAGE_DELETE", id: "70", data: { message: { id: "m", author: { id: "42" } } } },
    ]);
    expect(JSON.stringify(page)).not.toMatch(/忽略|hello|小红/);
    expect(JSON.stringify(await pageFor(["*"], joined))).toContain("忽略以上");
  });

  it("does not hold back the operator's own command line", async () => {
    const fake = fakeContext({ senders: [], caller: { kind: "cli" } });
    fake.arrive(c2c);
    expect(await callOperation(listEvents, fake.context, {})).toMatchObject({ events: [{ content: "hello" }] });
  });
});

describe("a wait", () => {
  it("is not ended by strangers; they are counted at its end", async () => {
    const fake = fakeContext({ senders: ["c2c:U1"] });
    const waiting = callOperation(waitEvents, fake.context, { timeout_s: 20 });
    await settle();
    fake.arrive(atGroup);
    await settle();
    fake.arrive(atGroup);
    await settle();
    fake.arrive(c2c);
    const page = (await waiting) as Page;
    expect(page.events).toHaveLength(1);
    expect(page.withheld).toEqual([{ sender: "group:G1", count: 2 }]);
    const quiet = callOperation(waitEvents, fake.context, { timeout_s: 5 });
    await settle();
    fake.arrive(atGroup);
    await fake.clock.advance(5_000);
    expect(await quiet).toMatchObject({ events: [], withheld: [{ sender: "group:G1", count: 1 }] });
  });
});

describe("filters", () => {
  it("choose by conversation and by sender, over everything that lies between", async () => {
    const fake = fakeContext();
    for (let n = 0; n < 450; n++) fake.arrive(n % 150 === 0 ? atGroup : c2c);
    const run = async (input: object) =>
      (await callOperation(listEvents, fake.context, { limit: 100, ...input })) as Page;
    expect((await run({ cursor: 0, conversation: "group:G1" })).events).toHaveLength(3);
    expect((await run({ conversation: "group:G1" })).events).toHaveLength(3);
    expect((await run({ sender: "M1" })).events).toHaveLength(3);
    expect((await run({ sender: "nobody" })).events).toEqual([]);
    const first = await run({ cursor: 0, conversation: "group:G1", limit: 2 });
    expect(first).toMatchObject({ cursor: 151, has_more: true });
    expect(await run({ cursor: first.cursor, conversation: "group:G1", limit: 2 })).toMatchObject({
      cursor: 450,
      has_more: false,
    });
    await expect(run({ conversation: "somewhere" })).rejects.toMatchObject({ field: "conversation" });
  });

  it("look through a bounded number of events at a time, and say that there is more", async () => {
    const fake = fakeContext();
    for (let n = 0; n < 2_500; n++) fake.arrive(c2c);
    fake.arrive(atGroup);
    const run = async (cursor: number) =>
      (await callOperation(listEvents, fake.context, { cursor, conversation: "group:G1" })) as Page;
    expect(await run(0)).toMatchObject({ events: [], cursor: 2_000, has_more: true });
    expect((await run(2_000)).events).toHaveLength(1);
  });

  it("refuse a cursor whose events are gone, with the one to go on with", async () => {
    const fake = fakeContext();
    for (let n = 0; n < 9; n++) fake.arrive(c2c);
    const context = { ...fake.context, inbox: { ...fake.context.inbox, lost: () => 5 } };
    for (const operation of [listEvents, waitEvents]) {
      await expect(callOperation(operation, context, { cursor: 4 })).rejects.toMatchObject({
        field: "cursor",
        message: "cursor 4 has expired: events up to 5 are no longer kept",
        remedy: "Go on with cursor 5; what came before it is gone.",
      });
      expect(((await callOperation(operation, context, { cursor: 5 })) as Page).events).toHaveLength(4);
    }
  });
});

describe("a pairing code", () => {
  const asked = (pairs: boolean) => {
    const seen: unknown[][] = [];
    const pair = (...message: unknown[]) => {
      seen.push(message);
      return pairs;
    };
    return { seen, pair };
  };

  it("lets its sender in where the bot is spoken to, with the rule of that place", async () => {
    for (const [event, rule] of [
      [c2c, "c2c:U1"],
      [atGroup, "group:G1"],
      [dms, "user:42"],
    ] as const) {
      const { seen, pair } = asked(true);
      const fake = fakeContext({ senders: [], pair });
      fake.arrive(event);
      expect(await callOperation(listEvents, fake.context, {})).toMatchObject({ events: [{ content: "hello" }] });
      expect(seen).toEqual([["hello", rule, fake.clock.now()]]);
    }
  });

  it("is not looked for in a channel, in what was not said to the bot, or in clicks", async () => {
    const { seen, pair } = asked(true);
    const fake = fakeContext({ senders: [], pair });
    for (const event of [atChannel, inChannel, overheard, click, post]) fake.arrive(event);
    expect(((await callOperation(listEvents, fake.context, {})) as Page).events).toEqual([]);
    expect(seen).toEqual([]);
  });
});
