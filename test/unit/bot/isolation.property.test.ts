import fc from "fast-check";
import { expect, it } from "vitest";
import type { ModelPort, ModelReply, ModelRequest } from "../../../src/agent/model.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { openStage, said } from "../../kit/bot-stage.ts";
import { callOf, ScriptedModel } from "../../kit/scripted-model.ts";

/** Private chats, groups and channels; each has a token that everything said, named and noted in it holds. */
const places = Array.from({ length: 50 }, (_, n) => ({
  n,
  scene: (["c2c", "group", "channel"] as const)[n % 3] ?? "c2c",
}));
const token = (n: number) => `TOK${String(n).padStart(3, "0")}X`;
const tokensIn = (text: string) => [...new Set(text.match(/TOK\d{3}X/g))];

/** What the prompts of a run were seen to hold, so that a run without any of it does not pass for a proof. */
type Seen = Record<"prompts" | "summaries" | "notes" | "quotes" | "personas", number>;

/** Notes, answers and summaries are made of whatever it was shown; it waits now and then, so that turns interleave. */
class EchoingModel implements ModelPort {
  readonly name = "echo";
  readonly leaks: string[][] = [];
  readonly seen: Seen;
  #calls = 0;

  constructor(seen: Seen) {
    this.seen = seen;
  }

  async complete({ messages, tools }: ModelRequest): Promise<ModelReply> {
    const call = ++this.#calls;
    for (let pause = 0; pause < call % 4; pause++) await new Promise((resolve) => setImmediate(resolve));
    const text = messages.map((message) => message.text).join("\n");
    const found = tokensIn(text);
    if (found.length !== 1) this.leaks.push(found);
    this.seen.prompts++;
    if (text.includes("what was said before, condensed")) this.seen.summaries++;
    if (text.includes("kept from earlier, as data")) this.seen.notes++;
    if (/\(quoting (you|\[)/.test(text)) this.seen.quotes++;
    if (/^persona of TOK\d{3}X for \S*TOK/.test(text)) this.seen.personas++;
    const isFirst = messages.at(-1)?.role === "user" && tools.length > 0;
    const toolCalls = isFirst && call % 3 === 0 ? [callOf("remember", { text: `note ${call} ${found}` })] : [];
    const words = `${"好的".repeat(100)} ${found}`;
    return { text: toolCalls.length > 0 ? "" : words, toolCalls, finishReason: "stop" };
  }
}

const act = fc.record({
  place: fc.nat(places.length - 1),
  person: fc.nat(3),
  what: fc.constantFrom("ask", "ask", "ask", "chat", "chat", "quote", "quote", "recall", "reset", "notes"),
  other: fc.nat(400),
});
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

function eventOf({ place, person, what, other }: Act, serial: number, before: number | undefined): Envelope {
  const { n, scene } = places[place] as (typeof places)[number];
  // The same people are in all groups and channels, each with a name that belongs to the place.
  const from = scene === "c2c" ? `FRIEND-${n}` : what === "reset" ? "OWNER" : `PERSON-${person}`;
  const author = { id: from, username: `${token(n)}-${person}`, member_openid: from, user_openid: from };
  const spot: Record<string, Json> =
    scene === "group" ? { group_openid: `GROUP-${n}` } : scene === "channel" ? { channel_id: String(7_000 + n) } : {};
  // Every second names what was said there before, the others any id, most of them of other places.
  const ref = `M${other % 2 === 0 ? (before ?? 0) : other % (serial + 1)}`;
  const quote = { message_type: 103, message_reference: { message_id: ref } };
  const words = what === "reset" ? "/reset" : what === "notes" ? "/notes" : `${token(n)} ${"说".repeat(120)}`;
  const data = { id: `M${serial}`, author, ...spot, ...(what === "quote" ? quote : {}) };
  if (what === "recall" && scene === "channel") {
    const { data: _, ...event } = said.channelAt("");
    return { ...event, type: "MESSAGE_DELETE", data: { message: { ...data, id: ref } } };
  }
  const say =
    scene === "c2c" ? said.c2c : scene === "channel" ? said.channelAt : what === "chat" ? said.group : said.groupAt;
  return say(words, from, data);
}

it("nothing of one conversation is in another's prompt, however they interleave", async () => {
  const seen: Seen = { prompts: 0, summaries: 0, notes: 0, quotes: 0, personas: 0 };
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 30, maxLength: 60 }), { minLength: 3, maxLength: 4 }),
      async (waves) => {
        const model = new EchoingModel(seen);
        const stage = await openStage(new ScriptedModel(), {
          model,
          contextTokens: 600,
          persona: ({ conversation: { id } }) =>
            `persona of ${token(Number(/\d+$/.exec(id)?.[0]) % 7_000)} for {{speaker}}`,
        });
        let serial = 0;
        const newest = new Map<number, number>();
        for (const wave of waves) {
          // Half of them in a few places, so that some grow long.
          const acts = wave.map((one, index) => (index % 2 === 0 ? one : { ...one, place: one.place % 4 }));
          const events = acts.map((one) => {
            const event = eventOf(one, serial, newest.get(one.place));
            newest.set(one.place, serial++);
            return event;
          });
          await stage.hear(...events);
        }
        count += serial;
        expect(stage.engine.failures).toEqual([]);
        expect(model.leaks).toEqual([]);
        for (const { scene, id, text = "" } of stage.chat) {
          const own = token(Number(/\d+$/.exec(id)?.[0]) % 7_000);
          expect(
            tokensIn(text).filter((found) => found !== own),
            `${scene}:${id}`,
          ).toEqual([]);
        }
      },
    ),
    { numRuns: 8 },
  );
  expect(count).toBeGreaterThan(500);
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20);
});
