import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { type Answer, askAll, questions } from "../../../src/live/ask.ts";
import { compareRecords } from "../../../src/live/compare.ts";
import { leftOpen } from "../../../src/live/left-open.ts";
import { type Probe, shapeOf } from "../../../src/live/probe.ts";
import type { Question } from "../../../src/live/question.ts";
import { makeRecord, parseRecord } from "../../../src/live/record.ts";

const openid = "0123456789ABCDEF0123456789ABCDEF";

function recordOf(answers: Answer[], hidden: string[] = []) {
  const facts = { version: "1.0.0", at: new Date(0), platform: "api.bot.qq.com", appId: "102000001" };
  return makeRecord({ ...facts, scene: "c2c", answers, hidden });
}

describe("a live record", () => {
  it("holds the names of fields and their types, no values, and no names that are ids", () => {
    const data = {
      id: openid,
      list: [{ name: "小林", at: 1 }],
      [openid]: { "102000001": true },
      none: null,
      empty: [],
    };
    const shape = shapeOf(data);
    expect(shape).toEqual([
      "(id).(id): boolean",
      "empty[]",
      "id: string",
      "list[].at: number",
      "list[].name: string",
      "none: null",
    ]);
  });

  it("hides what it is told to hide wherever a platform has put it, and the app behind a hash", () => {
    const record = recordOf(
      [{ question: "q", seen: { word: `about ${openid} and s3cret-of-the-bot` } }],
      [openid, "s3cret-of-the-bot", "102000001"],
    );
    const text = JSON.stringify(record);
    expect(text).not.toMatch(/0123456789ABCDEF|s3cret|102000001/);
    expect(record.bot).toMatch(/^[0-9a-f]{12}$/);
    expect(recordOf([]).bot).toBe(record.bot);
    expect(parseRecord(text)).toEqual(record);
  });

  it.each(["", "{}", '{"format":"qq-skill live record 1"}', "[]"])("is not to be found in %j", (text) => {
    expect(() => parseRecord(text)).toThrow(InputError);
  });

  it("differs from another by what was seen, fact by fact", () => {
    const there = recordOf([
      { question: "same", seen: { status: 200, fields: ["a", "b"] } },
      { question: "codes", seen: { reply: { status: 400, code: 1 } } },
      { question: "fields", seen: { fields: ["a", "b"], twice: ["x", "x"] } },
      { question: "unasked", notAsked: "nobody wrote in time" },
      { question: "unknown", seen: {} },
    ]);
    const here = recordOf([
      { question: "same", seen: { status: 200, fields: ["b", "a"] } },
      { question: "codes", seen: { reply: { status: 400, code: 2 }, more: true } },
      { question: "fields", seen: { fields: ["b", "c"], twice: ["x"] } },
      { question: "unasked", seen: {} },
    ]);
    expect(compareRecords(there, here)).toEqual({
      compared: ["same", "codes", "fields"],
      differences: [
        { question: "codes", fact: "more", platform: undefined, emulator: true },
        { question: "codes", fact: "reply.code", platform: 1, emulator: 2 },
        { question: "fields", fact: "fields", platform: ["a"], emulator: ["c"] },
        { question: "fields", fact: "twice", platform: ["x", "x"], emulator: ["x"] },
      ],
      open: [
        { question: "unasked", reason: "not asked of the platform: nobody wrote in time" },
        { question: "unknown", reason: "not asked of the emulator: unknown" },
      ],
    });
  });
});

describe("what the source calls unconfirmed", () => {
  it("is asked, or said not to be asked", () => {
    const root = join(import.meta.dirname, "../../../src");
    const marked = readdirSync(root, { recursive: true, encoding: "utf8" })
      .map((name) => name.split(sep).join("/"))
      .filter((name) => name.endsWith(".ts") && !name.startsWith("live/"))
      .filter((name) => /^\s*(\/\/|\/?\*).*(?<!`)\bunconfirmed\b(?!`)/im.test(readFileSync(join(root, name), "utf8")));
    expect(marked.length).toBeGreaterThan(5);
    const told = [...questions, ...leftOpen].map(({ assumed }) => assumed).join();
    expect(
      marked.filter((name) => !told.includes(name)),
      "add a question, or a row to live/left-open.ts",
    ).toEqual([]);
  });
});

describe("asking", () => {
  const question = (facts: Partial<Question>): Question => ({
    ...{ id: "q", title: "q", assumed: "", kind: "read" },
    ask: async () => ({}),
    ...facts,
  });
  const nobody = {} as Probe;
  const reached = (target: Probe["target"], kind: Question["kind"], held?: string) =>
    askAll([question({ kind, ...(kind === "read" || kind === "session" ? {} : { scenes: ["group"] }) })], {
      probe: { ...nobody, target },
      consent: async () => false,
      sessionsHeld: held,
      paceMs: 0,
      signal: new AbortController().signal,
    });

  it("leaves out what nobody agreed to, what has no place, and what a running bot would feel", async () => {
    const group = { scene: "group", id: "g" } as const;
    const reasons = [
      await reached(group, "send"),
      await reached(group, "hear"),
      await reached(undefined, "send"),
      await reached({ scene: "c2c", id: "u" }, "send"),
      await reached(group, "session", "a bot runs here"),
      await reached(group, "read", "a bot runs here"),
    ].map(([answer]) => answer?.notAsked);
    const refused = ["not agreed to", "not agreed to", "no target was named", "only for group", "a bot runs here"];
    expect(reasons).toEqual([...refused, undefined]);
  });
});
