import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLog } from "../../src/core/log.ts";
import type { DeliveryMemory } from "../../src/delivery/ledger.ts";
import type { DeliveryResult, OutgoingMessage } from "../../src/delivery/message.ts";
import { createDelivery } from "../../src/delivery/outbox.ts";
import type { Scene } from "../../src/protocol/scenes.ts";
import type { RestClient } from "../../src/rest/request.ts";
import { openStore } from "../../src/store/store.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { restOn } from "../kit/emulator-client.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { temporaryFolder } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

/** Where the process ends, around one part of a message: everything that it holds in memory is gone then. */
const points = ["before writing", "after writing", "after sending", "after the answer", "between parts"] as const;
interface Crash {
  point: (typeof points)[number];
  /** From 1, counted over the calls of this process. */
  part: number;
}

const parts = 3;
/** A period has one wake-up message. */
const partsOf = (kind: Kind) => (kind === "c2c wakeup" ? 1 : parts);
const kinds = [
  "c2c reply",
  "group reply",
  "channel reply",
  "dms reply",
  "c2c active",
  "group active",
  "c2c wakeup",
] as const;
type Kind = (typeof kinds)[number];
/** Whose repeats the platform can tell by msg_seq. */
const isProtected = (kind: Kind) => kind === "c2c reply" || kind === "group reply";

/** The process stops for ever at the point: nothing after it runs, and nothing is closed. */
function doomed(rest: RestClient, memory: DeliveryMemory, { point, part }: Crash) {
  const died = Promise.withResolvers<"crash">();
  const counts = { reserve: 0, request: 0, settle: 0 };
  const stop = (): Promise<never> => {
    died.resolve("crash");
    return new Promise(() => {});
  };
  const sends: DeliveryMemory["sends"] = {
    attempts: (key) => memory.sends.attempts(key),
    used: (...of) => memory.sends.used(...of),
    activeTimes: (...of) => memory.sends.activeTimes(...of),
    wakeUps: (...of) => memory.sends.wakeUps(...of),
    judge: (...of) => memory.sends.judge(...of),
    async reserve(request) {
      const isHere = ++counts.reserve === part;
      if (isHere && point === "before writing") return stop();
      const reservation = await memory.sends.reserve(request);
      return isHere && point === "after writing" ? stop() : reservation;
    },
    async settle(...outcome) {
      const isHere = ++counts.settle === part;
      if (isHere && point === "after the answer") return stop();
      await memory.sends.settle(...outcome);
      if (isHere && point === "between parts") return stop();
    },
  };
  const wire: RestClient = {
    async request(request, signal) {
      const answer = await rest.request(request, signal);
      return ++counts.request === part && point === "after sending" ? stop() : answer;
    },
    close: async () => {},
  };
  return { rest: wire, memory: { ...memory, sends }, died: died.promise };
}

async function openScene() {
  const clock = new FakeClock();
  const emulator = await startTestEmulator({ clock });
  const { appId } = emulator.app;
  const rest = restOn(emulator, clock);
  const raw = new RawBot(emulator);
  const { world } = emulator;
  const channel = world.guilds[0]?.channels.find(({ type }) => type === 0)?.id ?? "";
  const places: Record<Scene, string> = {
    ...{ c2c: world.c2c[0]?.id ?? "", group: world.groups[0]?.id ?? "", channel, dms: world.dms[0]?.id ?? "" },
  };
  const path = join(temporaryFolder(), "qq.db");
  let cases = 0;

  /** The person wrote just now, and the quota of active messages is known to be used up. */
  async function leaveOnlyWakeUp(id: string): Promise<void> {
    const store = openStore({ path, appId, clock, log: silentLog });
    onTestFinished(() => store.close());
    const said = emulator.say({ as: "alice", scene: "c2c", id, content: "!" }).message_id;
    const facts = { id: said, type: "C2C_MESSAGE_CREATE", receivedAt: clock.now() };
    const payload = { ...facts, data: { id: said, author: { user_openid: id } } };
    await store.inbox.accept({ ...facts, dedupeKeys: [said], lane: null, payload });
    await store.refusals.remember(`c2c:${id}`, "active", { code: 40034100, until: clock.now() + 60_000 });
  }

  /** One message through the crashes, and then to its end by a process that nothing happens to. */
  async function play(kind: Kind, crashes: readonly Crash[]) {
    const [scene, way] = kind.split(" ") as [Scene, string];
    const id = places[scene];
    const name = `case ${++cases}`;
    // Another minute, with its own quota: that is not what is tried here.
    await clock.advance(61_000);
    // Guilds take messages only while the bot is connected.
    if (scene === "channel" || scene === "dms") await (await raw.login()).connect();
    const asked = way === "reply" ? emulator.say({ as: "alice", scene, id, content: "?", mention: true }) : undefined;
    const text = Array.from({ length: partsOf(kind) }, (_, n) => `${name} part ${n} ${"字".repeat(900)}`).join("\n\n");
    const message: OutgoingMessage = {
      ...{ scene, id, text, format: "text", key: name },
      ...(way === "wakeup" ? { mayWait: true } : {}),
      ...(asked ? { replyTo: { msgId: asked.message_id, receivedAt: clock.now() } } : {}),
    };
    if (way === "wakeup") await leaveOnlyWakeUp(id);
    for (const crash of crashes) {
      const store = openStore({ path, appId, clock, log: silentLog });
      onTestFinished(() => store.close());
      const { died, ...process } = doomed(rest, store, crash);
      const delivery = createDelivery({ rest: process.rest, memory: () => process.memory, clock });
      await Promise.race([delivery.deliver(message), died]);
    }
    const store = openStore({ path, appId, clock, log: silentLog });
    onTestFinished(() => store.close());
    const result = await createDelivery({ rest, memory: () => store, clock }).deliver(message);
    const shown = emulator.messages({ scene, id }).map(({ content }) => content.slice(0, 30).split(" 字")[0]);
    const seen = Array.from({ length: partsOf(kind) }, (_, n) => count(shown, `${name} part ${n}`));
    return { result, seen, order: shown.filter((line) => line?.startsWith(`${name} `)) };
  }
  return { play };
}

function count(lines: readonly (string | undefined)[], line: string): number {
  return lines.filter((other) => other === line).length;
}

/** Active texts of guilds go out in one part; everything else in as many as it was written. */
function expectHonest(
  kind: Kind,
  { result, seen, order }: { result: DeliveryResult; seen: number[]; order: unknown[] },
) {
  if (isProtected(kind)) {
    expect(seen).toEqual([1, 1, 1]);
    expect(result.parts.every(({ status }) => status === "sent" || status === "already_sent")).toBe(true);
  }
  if (kind === "c2c wakeup") expect(result.parts).toMatchObject([{ mode: "wakeup" }]);
  // Nothing twice, and nothing missing that was not told as open.
  for (const [index, times] of seen.entries()) {
    expect(times).toBeLessThanOrEqual(1);
    if (times === 0) expect(result.parts[index]?.status).toBe("unknown");
  }
  expect(order).toEqual([...order].sort());
}

describe("after the end of the process at any point, the reader sees", () => {
  it.each(kinds)("of a %s each part as often as it was promised", { timeout: 60_000 }, async (kind) => {
    const { play } = await openScene();
    for (const point of points)
      for (let part = 1; part <= parts; part++) expectHonest(kind, await play(kind, [{ point, part }]));
  });

  it("the same after several ends in a row", { timeout: 60_000 }, async () => {
    const { play } = await openScene();
    const crash = fc.record({ point: fc.constantFrom(...points), part: fc.integer({ min: 1, max: parts }) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.array(crash, { minLength: 2, maxLength: 5 }),
        async (kind, crashes) => expectHonest(kind, await play(kind, crashes)),
      ),
      { numRuns: 40 },
    );
  });
});
