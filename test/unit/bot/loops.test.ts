import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../../../src/bot/conversation.ts";
import { createLoopWatch } from "../../../src/bot/loops.ts";
import { type Incoming, readIncoming } from "../../../src/protocol/incoming.ts";
import { openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const start = Date.parse("2026-11-20T20:00:00+08:00");

interface Talk {
  seconds: number;
  theirs(n: number): string;
  ours(n: number): string;
}

function message(text: string, at: number, from = "X"): Incoming {
  const envelope = { ...said.groupAt(text, from), receivedAt: at };
  const incoming = readIncoming(envelope, { botMemberOpenids: new Set() });
  if (!incoming) throw new Error("no message");
  return incoming;
}

/** X speaks every so many seconds, and the bot answers half-way; what is found in the last message. */
function judge(exchanges: number, { seconds, theirs, ours }: Talk, watch = createLoopWatch()) {
  let said: HistoryEntry | undefined;
  let found: string | undefined;
  for (let n = 0; n <= exchanges; n++) {
    const at = start + n * seconds * 1_000;
    found = watch.see(message(theirs(n), at), said);
    said = { key: `a${n}`, role: "assistant", text: ours(n), at: at + seconds * 500 };
  }
  return found;
}

describe("a loop", () => {
  it.each<[string, string | undefined, number, Talk]>([
    [
      "equal words to equal words",
      "same words",
      3,
      { seconds: 40, theirs: (n) => "谢谢！".repeat(1) + " ".repeat(n), ours: () => "不客气" },
    ],
    [
      "equal wishes, and answers that differ",
      undefined,
      5,
      { seconds: 40, theirs: () => "再来一个", ours: (n) => "笑话".repeat(n + 1) + "abcdefgh".slice(n) },
    ],
    [
      "long answers in no time",
      "faster than",
      5,
      { seconds: 10, theirs: (n) => `${n} `.padEnd(80, "一段很长的话"), ours: (n) => `${"ABCDE"[n]}`.repeat(20) },
    ],
    [
      "long answers that somebody typed",
      undefined,
      5,
      { seconds: 60, theirs: (n) => `${n} `.padEnd(80, "一段很长的话"), ours: (n) => `${"ABCDE"[n]}`.repeat(20) },
    ],
    [
      "short answers without end",
      "no end",
      21,
      { seconds: 10, theirs: (n) => `词语${n}接龙`.slice(n % 3), ours: (n) => "接".repeat(n + 1) },
    ],
    [
      "a quick game",
      undefined,
      15,
      { seconds: 15, theirs: (n) => `词语${n}接龙`.slice(n % 3), ours: (n) => "接".repeat(n + 1) },
    ],
  ])("is seen in %s: %s", (_, expected, exchanges, options) => {
    const found = judge(exchanges, options);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(expected);
  });

  it("is none in a private chat, where a person may ask the same thing again and again", () => {
    const watch = createLoopWatch();
    const ours: HistoryEntry = { key: "a", role: "assistant", text: "在的", at: start };
    const seen = [1, 2, 3, 4, 5].map((n) => {
      const incoming = message("在吗", start + n * 10_000);
      return watch.see({ ...incoming, conversation: { scene: "c2c", id: "X" } }, ours);
    });
    expect(seen.filter(Boolean)).toEqual([]);
  });

  it("is none where somebody else speaks in between, after a pause, or in a flood that is worked off", () => {
    const talk: Talk = { seconds: 10, theirs: () => "再见，下次再聊吧！", ours: () => "再见" };
    const ours: HistoryEntry = { key: "a", role: "assistant", text: "再见", at: start + 55_000 };
    const watch = createLoopWatch();
    expect(judge(5, talk, watch)).toBeDefined();
    expect(watch.see(message("再见，下次再聊吧！", start + 60_000), ours)).toBeDefined();
    watch.see(message("你们在干嘛", start + 61_000, "Y"), ours);
    expect(watch.see(message("再见，下次再聊吧！", start + 62_000), ours)).toBeUndefined();
    const later = createLoopWatch();
    judge(5, talk, later);
    expect(later.see(message("再见，下次再聊吧！", start + 660_000), { ...ours, at: start + 655_000 })).toBeUndefined();
    const flood = createLoopWatch();
    const seen = Array.from({ length: 30 }, (_, n) =>
      flood.see(message("在吗", start + n), { ...ours, at: start + n * 1_000 + 100 }),
    );
    expect(seen.filter(Boolean)).toEqual([]);
  });

  it("gets the same answer when the turn is repeated", () => {
    const watch = createLoopWatch();
    const ours: HistoryEntry = { key: "a", role: "assistant", text: "再见", at: start };
    const heard = [1, 2, 3].map((n) => message("再见", start + n * 1_000));
    expect(heard.map((incoming) => watch.see(incoming, ours))).toEqual([undefined, undefined, expect.any(String)]);
    expect(watch.see(heard[1] as Incoming, ours)).toBe(watch.see(heard[2] as Incoming, ours));
  });
});

describe("two bots in one group that do not know each other for bots", () => {
  /** Each hears the other's answers as a person's, `seconds` later, and answers everything. */
  async function pair(seconds: number, line: (n: number) => string) {
    let n = 0;
    const open = () =>
      openStage(new ScriptedModel(...Array.from({ length: 100 }, () => () => line(n++))), { manners: { mode: "all" } });
    const stages = [await open(), await open()] as const;
    let text = "大家好，今天聊点什么？";
    for (let turn = 0; turn < 100; turn++) {
      const [speaker, before] = [stages[turn % 2] as Stage, (stages[turn % 2] as Stage).chat.length];
      for (const { clock } of stages) await clock.advance(seconds * 1_000);
      const timestamp = new Date(speaker.clock.now()).toISOString();
      await speaker.hear({ ...said.group(text, "OTHER", { timestamp }), receivedAt: speaker.clock.now() });
      if (speaker.chat.length === before) return { answers: turn, speaker };
      text = speaker.chat.at(-1)?.text ?? "";
    }
    return { answers: 100, speaker: stages[0] };
  }

  it.each([
    ["that say much", 6, (n: number) => `${n}. ${"这真是一个有意思的话题，".repeat(5)}你怎么看？${n}`, 14],
    ["that say goodbye for ever", 20, () => "再见，祝你愉快！", 10],
    ["that say little", 6, (n: number) => "零一二三四五六七八九"[n % 10]?.repeat((n % 7) + 1) ?? "", 50],
  ])("%s end by themselves, with one line in the log and a trace that says why", async (_, seconds, line, most) => {
    const { answers, speaker } = await pair(seconds, line);
    expect(answers).toBeLessThanOrEqual(most);
    expect(speaker.warnings).toEqual([expect.stringContaining("a loop")]);
    expect(speaker.traces.at(-1)?.step).toMatchObject({ kind: "ignored", reason: expect.stringContaining("a loop: ") });
    // A person is heard again at once.
    await speaker.hear(said.group("停一下", "HUMAN", { timestamp: new Date(speaker.clock.now()).toISOString() }));
    expect(speaker.traces.slice(-3).map(({ step }) => step.kind)).toContain("reply");
  });
});
