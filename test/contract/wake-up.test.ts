import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { silentLog } from "../../src/core/log.ts";
import { createDelivery } from "../../src/delivery/outbox.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import { openStore } from "../../src/store/store.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { restOn } from "../kit/emulator-client.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { temporaryFolder } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

const day = 24 * 3_600_000;

/** An outbox before a platform that takes one active message a day, with the events that its gateway gives. */
async function start() {
  const clock = new FakeClock();
  const dials = { activePerPeerPerDay: 1 };
  const emulator = await startTestEmulator({ clock, seed: { ...defaultSeed, dials } });
  const { appId } = emulator.app;
  const rest = restOn(emulator, clock);
  const store = openStore({ path: join(temporaryFolder(), "qq.db"), appId, clock, log: silentLog });
  onTestFinished(() => store.close());
  const delivery = createDelivery({ rest, memory: () => store, clock });
  const socket = await (await new RawBot(emulator).login()).connect();
  const place = { scene: "c2c", id: emulator.world.c2c[0]?.id ?? "" } as const;
  /** What the gateway tells next of that type, stored as the bot stores it. */
  async function take(type: string): Promise<Envelope> {
    const { id = "", d } = (await socket.next((frame) => frame.t === type)) as { id?: string; d?: unknown };
    const envelope: Envelope = {
      ...{ source: "gateway", appId, id, type, receivedAt: clock.now() },
      data: d as Envelope["data"],
    };
    await store.inbox.accept({ ...envelope, dedupeKeys: [id], lane: null, payload: envelope });
    return envelope;
  }
  const say = (text: string) => delivery.deliver({ ...place, text, key: text, mayWait: true });
  const seen = () => emulator.messages(place).flatMap(({ from, content }) => (from === "bot" ? [content] : []));
  return { clock, emulator, delivery, place, take, say, seen };
}

it("a private chat whose active messages are used up gets the wake-up of the period, once, then the message is held", async () => {
  const { clock, emulator, place, take, say, seen } = await start();
  emulator.say({ as: "alice", ...place, content: "在吗" });
  await take("C2C_MESSAGE_CREATE");
  expect((await say("one")).parts).toMatchObject([{ mode: "active", status: "sent" }]);
  expect((await say("two")).parts).toMatchObject([{ mode: "wakeup", status: "sent" }]);
  expect((await say("three")).parts).toMatchObject([{ status: "held" }]);
  expect(seen()).toEqual(["one", "two"]);
  await clock.advance(day);
  expect((await say("four")).parts).toMatchObject([{ mode: "active", status: "sent" }]);
  expect((await say("five")).parts).toMatchObject([{ mode: "wakeup", status: "sent" }]);
  expect((await say("six")).parts).toMatchObject([{ status: "held" }]);
  expect(seen()).toEqual(["one", "two", "four", "five"]);
});

it("nobody who has switched active messages off is woken up, heard or refused", async () => {
  const { emulator, delivery, place, take, say, seen } = await start();
  emulator.say({ as: "alice", ...place, content: "在吗" });
  await take("C2C_MESSAGE_CREATE");
  emulator.act({ action: "allow_c2c_messages", as: "alice", allowed: false });
  expect((await say("refused")).parts).toMatchObject([{ status: "held" }]);
  await delivery.hear(await take("C2C_MSG_REJECT"));
  expect((await say("heard")).parts).toMatchObject([{ status: "held" }]);
  expect(seen()).toEqual([]);
});
