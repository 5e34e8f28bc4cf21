import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLog } from "../../src/core/log.ts";
import { createDelivery } from "../../src/delivery/outbox.ts";
import type { RestClient } from "../../src/rest/request.ts";
import { openStore } from "../../src/store/store.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { restOn } from "../kit/emulator-client.ts";
import { FakeClock, settle } from "../kit/fake-clock.ts";

/** From 1; before the call leaves, or after the platform has taken it. */
interface Crash {
  call: number;
  isSent: boolean;
}

/** The outbox on a local QQ that judges every frame: order, number, text that was shown, end. */
async function openScene() {
  let onWire = 0;
  const clock = new FakeClock(undefined, async () => {
    do await settle();
    while (onWire > 0);
  });
  const emulator = await startTestEmulator({ clock });
  const { appId } = emulator.app;
  const client = restOn(emulator, clock);
  const rest: RestClient = {
    ...client,
    async request(...call) {
      onWire++;
      return client.request(...call).finally(() => onWire--);
    },
  };
  const store = openStore({ path: ":memory:", appId, clock, log: silentLog });
  onTestFinished(() => store.close());
  const delivery = createDelivery({ rest, memory: () => store, clock });
  /** An outbox whose process stops for ever around one of its calls; nothing is closed. */
  const doomed = ({ call, isSent }: Crash) => {
    const died = Promise.withResolvers<void>();
    let calls = 0;
    const wire: RestClient = {
      ...rest,
      async request(...request) {
        const isHere = ++calls === call;
        if (calls < call || (isHere && isSent)) {
          const answer = await rest.request(...request);
          if (!isHere) return answer;
        }
        died.resolve();
        return new Promise(() => {});
      },
    };
    return { delivery: createDelivery({ rest: wire, memory: () => store, clock }), died: died.promise };
  };
  const id = emulator.world.c2c[0]?.id ?? "";
  let answers = 0;

  /** A text that comes in pieces, each half a second after the one before; what the reader has then, message by message. */
  async function answer(pieces: readonly string[]) {
    await clock.advance(61_000);
    const { message_id: msgId } = emulator.say({ as: "alice", scene: "c2c", id, content: "?" });
    const replyTo = { msgId, receivedAt: clock.now() };
    const key = `answer-${++answers}`;
    const draft = delivery.draft({ scene: "c2c", id, key, replyTo });
    let text = "";
    const shown = () => emulator.messages({ scene: "c2c", id, after: msgId }).map(({ content }) => content);
    const grown: string[][] = [];
    for (const piece of pieces) {
      text += piece;
      draft?.grow(text);
      await clock.advance(500);
      grown.push(shown());
    }
    const { rest: unsaid } = (await draft?.finish(text)) ?? { rest: text };
    if (unsaid !== "") await delivery.deliver({ scene: "c2c", id, text: unsaid, key, replyTo });
    return { text, grown, said: shown() };
  }
  /** Grows until the crash; then the next process closes what is open, and its turn says the same. */
  async function survive(pieces: readonly string[], crash: Crash) {
    await clock.advance(61_000);
    const { message_id: msgId } = emulator.say({ as: "alice", scene: "c2c", id, content: "?" });
    const message = {
      scene: "c2c" as const,
      id,
      key: `answer-${++answers}`,
      replyTo: { msgId, receivedAt: clock.now() },
    };
    const first = doomed(crash);
    const draft = first.delivery.draft(message);
    let text = "";
    for (const piece of pieces) {
      text += piece;
      draft?.grow(text);
      await clock.advance(500);
    }
    await Promise.race([draft?.finish(text), first.died]);
    const next = createDelivery({ rest, memory: () => store, clock });
    await next.resume([]);
    await clock.advance(5_000);
    const { rest: unsaid = text } = (await next.draft(message)?.finish(text)) ?? {};
    if (unsaid !== "") await next.deliver({ ...message, text: unsaid });
    return { text, said: emulator.messages({ scene: "c2c", id, after: msgId }).map(({ content }) => content) };
  }
  return { answer, survive, open: () => store.streams.open(), attempts: () => store.outgoing.list(100) };
}

/** Words alone: breaks, signs and part numbers may be written otherwise. */
const wordsOf = (text: string) => text.replace(/\(\d+\/\d+\)/g, "").replace(/[\s*#|`~-]/g, "");

const block = fc.oneof(
  fc.integer({ min: 1, max: 60 }).map((n) => `${"山里有座庙，".repeat(n)}完。`),
  fc.integer({ min: 1, max: 40 }).map((n) => "- item 一\n".repeat(n).trimEnd()),
  fc.integer({ min: 1, max: 40 }).map((n) => `\`\`\`js\n${"let a = 1;\n".repeat(n)}\`\`\``),
  fc.integer({ min: 1, max: 20 }).map((n) => `| a | b |\n| --- | --- |\n${"| 1 | 2 |\n".repeat(n).trimEnd()}`),
  fc.constant("### Heading\nwords and 😀 more words"),
  fc.constant("see https://example.com/a?b=c and file.md, **bold words** too"),
);

describe("an answer that grows on the platform", () => {
  it("is whole and once, whatever its text and its pieces, and nothing stays open", { timeout: 30_000 }, async () => {
    const { answer, open } = await openScene();
    const blocks = fc.array(block, { minLength: 1, maxLength: 12 });
    let grewTimes = 0;
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(blocks, cuts, async (written, at) => {
        const whole = written.join("\n\n");
        const places = [...at.map((share) => Math.floor(share * whole.length)), whole.length].sort((a, b) => a - b);
        const pieces = places.map((end, index) => whole.slice(places[index - 1] ?? 0, end));
        const { said, grown } = await answer(pieces);
        expect(wordsOf(said.join(""))).toBe(wordsOf(whole));
        expect(said.length).toBeLessThanOrEqual(4);
        for (const part of said) expect((part.match(/^ {0,3}```/gm) ?? []).length % 2).toBe(0);
        // What was seen is never taken back.
        for (const look of grown)
          for (const [index, content] of look.entries()) expect(said[index]?.startsWith(content)).toBe(true);
        expect(open()).toEqual([]);
        grewTimes += grown.filter((look) => look.length > 0).length;
      }),
      { numRuns: 60 },
    );
    expect(grewTimes).toBeGreaterThan(60);
  });

  it("rolls over into a message of its own where a paragraph ends", async () => {
    const { answer, attempts } = await openScene();
    const paragraphs = Array.from({ length: 4 }, (_, n) => `${n} ${"字".repeat(400)}。\n\n`);
    const { said } = await answer(paragraphs);
    expect(said.map((text) => [...text.matchAll(/\d/g)].join(""))).toEqual(["01", "23"]);
    expect(
      attempts()
        .flatMap((message) => message.attempts)
        .map(({ status }) => status),
    ).toEqual(["sent", "sent"]);
  });

  const points = [1, 2, 3, 4].flatMap((call) => [false, true].map((isSent): Crash => ({ call, isSent })));
  it.each(points)("is whole, once, and closed after the process was killed at $call (sent: $isSent)", async (crash) => {
    const { survive, open } = await openScene();
    const { text, said } = await survive(["一，", "二，", "三，", "四。"], crash);
    expect(said.filter((content) => content === text)).toHaveLength(1);
    // Beside it at most the beginning that the first process had shown; its name is unknown when its answer was lost.
    const others = said.filter((content) => content !== text);
    const isNameless = crash.call === 1;
    for (const other of others) expect(isNameless ? `${other} …` : other).toMatch(/^一，.* …$/);
    expect(others.length).toBeLessThanOrEqual(1);
    expect(open()).toEqual([]);
  });
});
