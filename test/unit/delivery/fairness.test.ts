import { describe, expect, it } from "vitest";
import { createDelivery } from "../../../src/delivery/outbox.ts";
import { createRestClient } from "../../../src/rest/client.ts";
import { countingTokens, scriptedFetch } from "../rest/scripted-fetch.ts";
import { Memory } from "./desk.ts";

describe("a flood in one conversation", () => {
  it("does not delay the answers in 99 others: the platform's rate is shared by turns", async () => {
    const { clock, store } = new Memory();
    const rest = createRestClient({
      services: { bot: { baseUrl: "https://api.test", authorize: countingTokens() } },
      ...{ fetch: scriptedFetch(() => ({ body: { id: "x" } })).fetch, clock },
    });
    const delivery = createDelivery({ rest, memory: () => store, clock });
    const send = async (id: string, n: number) => {
      const askedAt = clock.now();
      const replyTo = { msgId: `${id}-${n}`, receivedAt: askedAt };
      await delivery.deliver({ scene: "group", id, text: `${n}`, replyTo });
      return clock.now() - askedAt;
    };
    const flood = Array.from({ length: 1_000 }, (_, n) => send("flood", n));
    const quiet = Array.from({ length: 99 }, (_, n) => send(`quiet-${n}`, 0));
    let isDone = false;
    const all = Promise.all([Promise.all(flood), Promise.all(quiet)]).finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(100);
    const [flooded, delays] = await all;
    const sorted = delays.sort((a, b) => a - b);
    // 100 a second for the bot: 99 answers beside one flooder fit into the first second.
    expect(sorted[98]).toBeLessThanOrEqual(1_000);
    expect(Math.max(...flooded)).toBeGreaterThan(5_000);
  });
});
