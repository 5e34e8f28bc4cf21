import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../../../src/bot/conversation.ts";
import { loopIn } from "../../../src/bot/loops.ts";
import { readIncoming } from "../../../src/protocol/incoming.ts";
import { openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const start = Date.parse("2026-11-20T20:00:00+08:00");

/** What `person` says after so many seconds each, and what the bot answered three seconds before. */
function talk(exchanges: number, options: { seconds: number; theirs(n: number): string; ours(n: number): string }) {
  const history: HistoryEntry[] = [];
  for (let n = 0; n < exchanges; n++) {
    const at = start + n * options.seconds * 1_000;
    history.push({ key: `u${n}`, role: "user", person: "X", text: options.theirs(n), at });
    history.push({ key: `a${n}`, role: "assistant", text: options.ours(n), at: at + options.seconds * 500 });
  }
  const at = new Date(start + exchanges * options.seconds * 1_000).toISOString();
  const envelope = said.groupAt(options.theirs(exchanges), "X", { timestamp: at });
  const incoming = readIncoming(envelope, { botMemberOpenids: new Set() });
  if (!incoming) throw new Error("no message");
  return { history, incoming };
}

const judge = (...[exchanges, options]: Parameters<typeof talk>) => {
  const { history, incoming } = talk(exchanges, options);
  return loopIn(history, incoming);
};

describe("a loop", () => {
  it.each<[string, string | undefined, number, Parameters<typeof talk>[1]]>([
    [
      "equal words to equal words",
      "same words",
      3,
      { seconds: 40, theirs: (n) => `谢谢！第${n}次`, ours: () => "不客气" },
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

  it("is none where somebody else speaks in between, where it is long ago, or in a flood that is worked off", () => {
    const { history, incoming } = talk(5, { seconds: 10, theirs: () => "再见，下次再聊吧！", ours: () => "再见" });
    expect(loopIn(history, incoming)).toBeDefined();
    // The platform's whole seconds.
    expect(
      loopIn(
        history.map((entry) => ({ ...entry, at: entry.at - (entry.at % 1_000) })),
        incoming,
      ),
    ).toBeDefined();
    const other: HistoryEntry = { key: "o", role: "user", person: "Y", text: "你们在干嘛", at: start + 45_000 };
    expect(loopIn([...history, other], incoming)).toBeUndefined();
    expect(loopIn(history, { ...incoming, timestampMs: incoming.timestampMs + 11 * 60_000 })).toBeUndefined();
    const late = history.map((entry) => (entry.role === "assistant" ? { ...entry, at: entry.at + 3_600_000 } : entry));
    expect(loopIn(late, incoming)).toBeUndefined();
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
