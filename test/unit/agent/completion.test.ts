import { describe, expect, it } from "vitest";
import { createCompletion } from "../../../src/agent/completion.ts";
import { stripThinking } from "../../../src/agent/thinking.ts";

function assemble(...chunks: unknown[]) {
  const completion = createCompletion();
  for (const chunk of chunks) completion.add(chunk);
  return completion;
}

const delta = (change: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: change, finish_reason: finish }],
});
const callDelta = (call: object) => delta({ tool_calls: [call] });

describe("a streamed answer", () => {
  it("is put together without a role in any delta and without usage", () => {
    const completion = assemble(delta({ content: "你" }), delta({ content: "好" }), delta({}, "stop"));
    expect(completion.reply()).toEqual({ text: "你好", toolCalls: [], finishReason: "stop" });
  });

  it("keeps parallel calls apart by index while their arguments arrive interleaved", () => {
    const completion = assemble(
      callDelta({ index: 0, id: "a", function: { name: "first", arguments: "" } }),
      callDelta({ index: 1, id: "b", function: { name: "second", arguments: '{"y"' } }),
      callDelta({ index: 0, function: { arguments: '{"x":' } }),
      callDelta({ index: 1, function: { arguments: ":2}" } }),
      callDelta({ index: 0, function: { arguments: "1}" } }),
      delta({}, "tool_calls"),
    );
    expect(completion.reply().toolCalls).toEqual([
      { id: "a", name: "first", arguments: '{"x":1}' },
      { id: "b", name: "second", arguments: '{"y":2}' },
    ]);
  });

  it("tells two calls apart that a server sends under the same index", () => {
    const completion = assemble(
      callDelta({ index: 0, id: "a", function: { name: "same", arguments: "{}" } }),
      callDelta({ index: 0, id: "b", function: { name: "same", arguments: '{"n":2}' } }),
    );
    expect(completion.reply().toolCalls.map(({ id, arguments: args }) => [id, args])).toEqual([
      ["a", "{}"],
      ["b", '{"n":2}'],
    ]);
  });

  it("does not double a name that is repeated in every delta, and follows deltas without an index", () => {
    const completion = assemble(
      callDelta({ id: "a", function: { name: "list", arguments: '{"a"' } }),
      callDelta({ function: { name: "list", arguments: ":1}" } }),
    );
    expect(completion.reply().toolCalls).toEqual([{ id: "a", name: "list", arguments: '{"a":1}' }]);
  });

  it("takes arguments that come as an object", () => {
    const completion = assemble(callDelta({ index: 0, id: "a", function: { name: "list", arguments: { limit: 3 } } }));
    expect(completion.reply().toolCalls[0]?.arguments).toBe('{"limit":3}');
  });

  it("reads usage from a last chunk without choices", () => {
    const completion = assemble(delta({ content: "x" }, "stop"), {
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 2 },
    });
    expect(completion.reply().usage).toEqual({ inputTokens: 7, outputTokens: 2 });
  });

  it("keeps every piece of reasoning out of the text and for the next call", () => {
    const completion = assemble(
      delta({ reasoning_content: "he asks " }),
      delta({ reasoning_content: "the time" }),
      delta({ content: "<think>hm</think>八点" }),
      delta({}, "stop"),
    );
    expect(completion.reply()).toMatchObject({ text: "八点", reasoning: "he asks the time" });
  });

  it("counts as unfinished until the server gave a reason", () => {
    const completion = assemble(delta({ content: "half an ans" }));
    expect(completion.isFinished()).toBe(false);
    expect(completion.isEmpty()).toBe(false);
  });

  it("reads a server that answered without streaming", () => {
    const completion = assemble({
      choices: [{ message: { role: "assistant", content: "whole" }, finish_reason: "stop" }],
    });
    expect(completion.reply().text).toBe("whole");
  });

  it("shrugs off chunks that are no chunks", () => {
    const completion = assemble(
      null,
      "text",
      { choices: [null] },
      { choices: [{ delta: null }] },
      delta({ content: "ok" }, "stop"),
    );
    expect(completion.reply().text).toBe("ok");
  });
});

describe("thinking blocks", () => {
  it.each([
    ["<think>secret</think>answer", "answer"],
    ["before <thinking>a</thinking>after", "before after"],
    ["secret, the opening tag was in the prompt</think>\nanswer", "answer"],
    ["<think>never closed, so no answer came", ""],
    ["no block at all", "no block at all"],
    ["the tag `<think>` opens a block", "the tag `<think>` opens a block"],
    ["write `<think>a</think>` to hide a", "write `<think>a</think>` to hide a"],
    ["<THINK>a</THINK>b<reasoning>c</reasoning>d<thought>e</thought>f", "bdf"],
    ['<think type="deep">it says <think> here</think>answer', "answer"],
    ["answer\n<thinking>and then it broke off", "answer"],
    ["a <thinking> model is slow", "a <thinking> model is slow"],
    ["◁think▷hm◁/think▷answer", "answer"],
    ["<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>answer", "answer"],
    ["if a < b and <b>bold</b>, then a <thin line", "if a < b and <b>bold</b>, then a <thin line"],
  ])("%j reads as %j", (text, expected) => {
    expect(stripThinking(text)).toBe(expected);
  });
});

describe("an answer that is still being written", () => {
  const texts = [
    "你好<think>用户在问 <x> 和 `代码</think>，今天晴。",
    "<reasoning>secret</reasoning>answer",
    "before\n<Thinking>secret",
    'look: <tool_call>{"name": "look"}</tool_call>',
    '```json\n{"name": "look", "arguments": {}}\n```',
    '[TOOL_CALLS][{"name": "look"}]',
    "<|tool_calls_section_begin|>functions.look:0",
    "go <function=look>{}</function>",
  ];

  it.each(texts)("shows nothing of %j that is not words for sure", (text) => {
    const completion = createCompletion();
    const whole = ["你好，今天晴。", "answer", "before", "look:", "go", ""];
    for (const sign of text) {
      completion.add(delta({ content: sign }));
      const shown = completion.text();
      expect(
        whole.some((words) => words.startsWith(shown)),
        shown,
      ).toBe(true);
    }
  });

  it("grows with the words", () => {
    const completion = createCompletion();
    const shown = ["1 < 2", " is [true]", ", is", " it?"].map((content) => {
      completion.add(delta({ content }));
      return completion.text();
    });
    expect(shown).toEqual(["1 < 2", "1 < 2 is [true]", "1 < 2 is [true], is", "1 < 2 is [true], is it?"]);
  });
});
