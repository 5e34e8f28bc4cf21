import { describe, expect, it } from "vitest";
import { createHealth, type HealthOptions } from "../../../src/cli/health.ts";
import { silentLog } from "../../../src/core/log.ts";
import { renderMetrics } from "../../../src/core/metrics.ts";
import type { SessionStatus } from "../../../src/events/gateway-options.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";

const clockStart = new FakeClock().now();
const shard: SessionStatus = {
  ...{ shard: [0, 2], state: "live", intents: 1, missingIntents: 0, lastAckAt: clockStart - 12_300 },
  ...{ reconnects: 3, causes: { close_4009: 2, no_ack: 1 }, resumed: 2, replayed: 7, backlog: 0 },
};

function open(options: Partial<HealthOptions> = {}) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const note = (_: object, message: string) => lines.push(message);
  const health = createHealth({
    transport: "gateway",
    door: () => ({ state: "live" }),
    shards: () => [shard],
    webhook: () => undefined,
    inbox: () => ({ pending: 2, oldestAt: clock.now() - 4_000, dead: 1, accepted: 40, duplicates: 5 }),
    checkStore: async () => undefined,
    sends: () => ({ sent: 9, failed: 1 }),
    token: () => ({ state: "valid", expiresAt: clock.now() + 3_600_000 }),
    clock,
    log: { ...silentLog, error: note, info: note },
    ...options,
  });
  return { health, clock, lines };
}

describe("readiness", () => {
  it("tells shards, inbox, disk and token", async () => {
    const { health } = open();
    expect(await health.ready()).toEqual({
      ready: true,
      reasons: [],
      transport: "gateway",
      state: "live",
      shards: [
        {
          ...{ shard: "0/2", state: "live", last_ack_age_s: 12.3, reconnects: 3 },
          ...{ causes: { close_4009: 2, no_ack: 1 }, resumed: 2, replayed: 7, backlog: 0 },
        },
      ],
      inbox: { pending: 2, oldest_s: 4, dead: 1 },
      disk: "ok",
      token: { state: "valid", expires_in_s: 3600 },
    });
  });

  it.each(["connecting", "waiting", "stopped", "failed"] as const)(
    "is not given while the door is %s",
    async (state) => {
      const { health } = open({ door: () => ({ state, detail: "close code 4009" }) });
      expect(await health.ready()).toMatchObject({ ready: false, reasons: [`gateway is ${state}: close code 4009`] });
    },
  );

  it("ends when the disk fails, comes back by itself, and each is logged once", async () => {
    let problem: Error | undefined = new Error("the disk is full");
    const { health, clock, lines } = open({
      async checkStore() {
        if (problem) throw problem;
      },
      inbox: () => {
        throw new Error("cannot be read");
      },
    });
    for (let times = 0; times < 3; times++)
      expect(await health.ready()).toMatchObject({
        ready: false,
        reasons: ["the disk is full"],
        disk: "the disk is full",
      });
    expect(renderMetrics(await health.metrics())).toMatch(/^qq_ready 0$/m);
    expect(lines).toHaveLength(1);
    problem = undefined;
    expect(await health.ready()).toMatchObject({ ready: true, disk: "ok" });
    expect(lines).toHaveLength(2);
    problem = new Error("full again");
    await clock.advance(1_000);
    expect(await health.ready()).toMatchObject({ ready: false });
  });

  it("does not wait longer than a second for a database that is held, and asks it once", async () => {
    const held = Promise.withResolvers<void>();
    let asked = 0;
    const { health, clock } = open({
      checkStore: () => {
        asked++;
        return held.promise;
      },
    });
    const [first, second] = [health.ready(), health.ready()];
    await clock.advance(1_000);
    for (const answer of [await first, await second])
      expect(answer).toMatchObject({ ready: false, reasons: [expect.stringContaining("within a second")] });
    expect(asked).toBe(1);
    held.resolve();
    await settle();
    expect(await health.ready()).toMatchObject({ ready: true });
  });
});

describe("metrics", () => {
  it("have the numbers of the door, the inbox, the sends and the token", async () => {
    const { health, clock } = open();
    await clock.advance(0);
    const text = renderMetrics(await health.metrics());
    for (const line of [
      "qq_ready 1",
      "qq_disk_ok 1",
      'qq_shard_state{shard="0/2",state="live"} 1',
      'qq_shard_last_ack_age_seconds{shard="0/2"} 12.3',
      'qq_shard_ends_total{shard="0/2",cause="close_4009"} 2',
      'qq_shard_reconnects_total{shard="0/2"} 3',
      'qq_shard_resumed_total{shard="0/2"} 2',
      'qq_shard_replayed_total{shard="0/2"} 7',
      'qq_events_total{result="accepted"} 40',
      'qq_events_total{result="duplicate"} 5',
      "qq_inbox_pending 2",
      "qq_inbox_oldest_seconds 4",
      "qq_inbox_dead 1",
      'qq_sends_total{result="sent"} 9',
      "qq_token_expires_seconds 3600",
    ])
      expect(text.split("\n")).toContain(line);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(text).not.toMatch(/qq_webhook/);
  });

  it("count what became of posts behind a webhook", async () => {
    const webhook = () => ({ accepted: 3, repeated: 1, challenges: 1, refused: { signature: 8 } });
    const { health } = open({ transport: "webhook", webhook, shards: () => [] });
    const text = renderMetrics(await health.metrics());
    expect(text).toContain('qq_webhook_posts_total{result="accepted"} 3');
    expect(text).toContain('qq_webhook_posts_total{result="refused_signature"} 8');
    expect(text).not.toMatch(/qq_shard/);
  });
});
