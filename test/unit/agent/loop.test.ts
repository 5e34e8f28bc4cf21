import { describe, expect, it } from "vitest";
import {
  type AgentRun,
  type AgentStep,
  type DurableStep,
  runAgent,
  type ToolContext,
} from "../../../src/agent/loop.ts";
import type { AgentTool } from "../../../src/agent/model.ts";
import { createModelHealth } from "../../../src/agent/retries.ts";
import { ModelError, PermissionError } from "../../../src/core/errors.ts";
import type { Json } from "../../../src/core/json.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

const tools: AgentTool[] = ["look", "say"].map((name) => ({ name, description: name, parameters: { type: "object" } }));

/** Steps as an engine keeps them: recorded by name, replayed on a second run. */
function journal(recorded = new Map<string, Json | undefined>()) {
  const step: DurableStep = async (name, run) => {
    if (recorded.has(name)) return recorded.get(name) as never;
    const result = await run({ idempotencyKey: `event/${name}`, signal: new AbortController().signal });
    recorded.set(name, structuredClone(result));
    return result;
  };
  return { step, recorded };
}

function setUp(model: ScriptedModel, change: Partial<AgentRun> = {}) {
  const called: { name: string; input: unknown; key: string }[] = [];
  const steps: AgentStep[] = [];
  const clock = new FakeClock();
  const run: AgentRun = {
    models: [model],
    system: "system",
    messages: [{ role: "user", text: "hello" }],
    tools,
    async callTool(name: string, input: unknown, { key }: ToolContext) {
      called.push({ name, input, key });
      return { ok: true, content: `${name} done` };
    },
    budget: { maxTurns: 5, maxTokens: 100_000, maxSeconds: 60 },
    step: journal().step,
    onStep: (step) => steps.push(step),
    clock,
    random: () => 1,
    signal: new AbortController().signal,
    ...change,
  };
  return { run, called, steps, clock };
}

const toolResults = (model: ScriptedModel, call: number) =>
  (model.requests[call]?.messages ?? []).flatMap((message) => (message.role === "tool" ? [message] : []));

describe("the agent loop", () => {
  it("answers without tools in one turn", async () => {
    const { run } = setUp(new ScriptedModel("hi"));
    expect(await runAgent(run)).toMatchObject({ text: "hi", stoppedBy: "answer", turns: 1, calls: [] });
  });

  it("gives results back in the model's order, paired by id", async () => {
    const model = new ScriptedModel(calling(callOf("look", { at: 1 }, "x"), callOf("say", { at: 2 }, "y")), "done");
    const { run, called } = setUp(model);
    await runAgent(run);
    expect(called.map(({ name, key }) => [name, key])).toEqual([
      ["look", "event/tool-1-0"],
      ["say", "event/tool-1-1"],
    ]);
    expect(toolResults(model, 1).map(({ callId, text }) => [callId, text])).toEqual([
      ["x", "look done"],
      ["y", "say done"],
    ]);
  });

  it("feeds malformed arguments back, and shows the server arguments that parse", async () => {
    const model = new ScriptedModel(calling(callOf("look", '{"at": 1')), calling(callOf("look", "[1]")), "sorry");
    const { run, called } = setUp(model);
    expect(await runAgent(run)).toMatchObject({ text: "sorry", stoppedBy: "answer" });
    expect(called).toEqual([]);
    expect(toolResults(model, 1)[0]?.text).toContain('{"at": 1');
    const assistant = model.requests[1]?.messages.find((message) => message.role === "assistant");
    expect(assistant).toMatchObject({ toolCalls: [{ arguments: "{}" }] });
  });

  it("treats empty arguments as an empty object", async () => {
    const { run, called } = setUp(new ScriptedModel(calling(callOf("look", "")), "ok"));
    await runAgent(run);
    expect(called[0]?.input).toEqual({});
  });

  it("tells the model of an unknown tool and which there are", async () => {
    const model = new ScriptedModel(calling(callOf("fly")), "ok");
    await runAgent(setUp(model).run);
    expect(toolResults(model, 1)[0]?.text).toMatch(/no tool "fly".*look, say/);
  });

  it("turns a tool's error into a result with its remedy, and a bug into a plain failure without its text", async () => {
    const model = new ScriptedModel(calling(callOf("look"), callOf("say")), "ok");
    const { run } = setUp(model, {
      async callTool(name) {
        if (name === "say") throw new TypeError("undefined is not a secret");
        throw new PermissionError("owner", "not here", { remedy: "Ask the owner." });
      },
    });
    await runAgent(run);
    const [first, second] = toolResults(model, 1);
    expect(first?.text).toMatch(/permission.*not here[\s\S]*Ask the owner\./);
    expect(second?.text).not.toContain("secret");
  });

  it("gives calls without an id, or with one used before, an id of their own", async () => {
    const model = new ScriptedModel(
      calling(callOf("look", {}, ""), callOf("look", {}, "same")),
      calling(callOf("look", {}, "same")),
      "ok",
    );
    await runAgent(setUp(model).run);
    const ids = toolResults(model, 2).map(({ callId }) => callId);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => id !== "")).toBe(true);
  });

  it("sends reasoning back beside the tool calls it led to", async () => {
    const model = new ScriptedModel({ ...calling(callOf("look")), reasoning: "because" }, "ok");
    await runAgent(setUp(model).run);
    expect(model.requests[1]?.messages.find((message) => message.role === "assistant")).toMatchObject({
      reasoning: "because",
    });
  });
});

describe("what comes in between two rounds", () => {
  it("stands behind the results of the first, and the tools that are left are the only ones from there on", async () => {
    const model = new ScriptedModel(calling(callOf("look")), calling(callOf("say"), callOf("look")), "done");
    const rounds: number[] = [];
    const { run, called } = setUp(model, {
      async between(round) {
        rounds.push(round);
        return round === 1
          ? { messages: [{ role: "user", text: "wait" }], tools: tools.slice(0, 1) }
          : { messages: [] };
      },
    });
    expect(await runAgent(run)).toMatchObject({ text: "done", turns: 3 });
    expect(rounds).toEqual([1, 2]);
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual([
      ...["system", "user", "assistant", "tool", "user"],
    ]);
    expect(model.requests.map((request) => request.tools.length)).toEqual([2, 1, 1]);
    expect(called.map(({ name }) => name)).toEqual(["look", "look"]);
    expect(toolResults(model, 2).at(-2)?.text).toContain('There is no tool "say". Available: look.');
  });
});

describe("several calls of one reply", () => {
  const lookUps: AgentTool[] = tools.map((tool) => ({ ...tool, isReadOnly: tool.name === "look" }));

  it("run at the same time where they change nothing, in sequence otherwise, and come back in order", async () => {
    const model = new ScriptedModel(
      calling(
        ...[callOf("look", { n: 0 }), callOf("look", { n: 1 }), callOf("say", { n: 2 }), callOf("look", { n: 3 })],
      ),
      "done",
    );
    const running = new Set<unknown>();
    const together: unknown[][] = [];
    const { run, clock } = setUp(model, {
      tools: lookUps,
      async callTool(_, input) {
        running.add(input.n);
        together.push([...running]);
        // The first takes longest.
        await clock.sleep(100 - 10 * Number(input.n));
        running.delete(input.n);
        return { ok: true, content: `result ${input.n}` };
      },
    });
    const result = runAgent(run);
    await clock.advance(1_000);
    expect((await result).calls.map(({ result: { content } }) => content)).toEqual(
      [0, 1, 2, 3].map((n) => `result ${n}`),
    );
    expect(together).toEqual([[0], [0, 1], [2], [3]]);
    expect(toolResults(model, 1).map(({ text }) => text)).toEqual([0, 1, 2, 3].map((n) => `result ${n}`));
  });

  it("that were interrupted go on with those that were not finished", async () => {
    const book = journal();
    const lost = new Error("the process died here");
    const calls = calling(callOf("look", { n: 0 }), callOf("look", { n: 1 }), callOf("look", { n: 2 }));
    const before = setUp(new ScriptedModel(calls), {
      tools: lookUps,
      step: async (name, run) => {
        const result = await (name === "tool-1-1" ? run({ idempotencyKey: "", signal: before.run.signal }) : undefined);
        if (result !== undefined) throw lost;
        return await book.step(name, run);
      },
    });
    await expect(runAgent(before.run)).rejects.toBe(lost);
    const after = setUp(new ScriptedModel("done"), { tools: lookUps, step: journal(book.recorded).step });
    await runAgent(after.run);
    expect(after.called.map(({ input }) => input)).toEqual([{ n: 1 }]);
  });
});

describe("a call that is written as text", () => {
  const leaked = '<tool_call>{"name": "say", "arguments": {"text": "x"}}</tool_call>';

  it.each([
    leaked,
    'I will do it.\n<function=say>{"text": "x"}</function>',
    '```json\n{"name": "say", "arguments": {"text": "x"}}\n```',
    '[{"type": "function", "function": {"name": "say", "arguments": "{}"}}]',
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.say:0",
  ])("(%j) is not run, and the model is told once", async (text) => {
    const model = new ScriptedModel(text, "in words then");
    const { run, called } = setUp(model);
    expect(await runAgent(run)).toMatchObject({ text: "in words then", turns: 2 });
    expect(called).toEqual([]);
    expect(model.lastHeard).toContain("written as text");
  });

  it("twice is no answer", async () => {
    expect(await runAgent(setUp(new ScriptedModel(leaked, `Well. ${leaked}`)).run)).toMatchObject({ text: "Well." });
    expect(await runAgent(setUp(new ScriptedModel(leaked, leaked)).run)).toMatchObject({ text: "" });
  });

  it.each([
    '{"name": "Ann", "arguments": {}}',
    "```json\n{}\n```",
    "[1, 2]",
    "a [list] of <b>things</b>",
    "the tag `<tool_call>`",
  ])("is not seen in %j", async (text) => expect((await runAgent(setUp(new ScriptedModel(text)).run)).text).toBe(text));
});

describe("a budget", () => {
  it("of turns ends with one call without tools that asks for the closing words", async () => {
    const model = new ScriptedModel(calling(callOf("look")), calling(callOf("look")), "that is all I know");
    const { run, called } = setUp(model, { budget: { maxTurns: 2, maxTokens: 1e6, maxSeconds: 60 } });
    expect(await runAgent(run)).toMatchObject({ text: "that is all I know", stoppedBy: "budget", turns: 2 });
    expect(called).toHaveLength(2);
    expect(model.requests[2]?.tools).toEqual([]);
    expect(model.lastHeard).toContain("budget");
  });

  it("of tokens counts what the server counted", async () => {
    const usage = { inputTokens: 900, outputTokens: 200 };
    const model = new ScriptedModel({ ...calling(callOf("look")), usage }, { text: "end", usage });
    const { run } = setUp(model, { budget: { maxTurns: 9, maxTokens: 1_000, maxSeconds: 60 } });
    expect(await runAgent(run)).toMatchObject({ stoppedBy: "budget", usage: { inputTokens: 1800, outputTokens: 400 } });
  });

  it("of tokens is estimated where the server counts nothing", async () => {
    const model = new ScriptedModel(calling(callOf("look")), "end");
    const messages = [{ role: "user" as const, text: "字".repeat(2_000) }];
    const { run } = setUp(model, { messages, budget: { maxTurns: 9, maxTokens: 1_500, maxSeconds: 60 } });
    expect((await runAgent(run)).stoppedBy).toBe("budget");
  });

  it("of seconds cuts a slow model call and still asks for the closing words", async () => {
    const model = new ScriptedModel(
      (_, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      "short answer",
    );
    const { run, clock } = setUp(model, { budget: { maxTurns: 9, maxTokens: 1e6, maxSeconds: 10 } });
    const result = runAgent(run);
    await clock.advance(10_001);
    expect(await result).toMatchObject({ text: "short answer", stoppedBy: "budget" });
    expect(clock.pending).toBe(0);
  });

  it("of seconds does not wait for a tool that ignores its signal", async () => {
    const model = new ScriptedModel(calling(callOf("look")), "I could not look");
    const { run, clock } = setUp(model, {
      budget: { maxTurns: 9, maxTokens: 1e6, maxSeconds: 10 },
      callTool: () => new Promise(() => {}),
    });
    const result = runAgent(run);
    await clock.advance(10_001);
    expect(await result).toMatchObject({ text: "I could not look", stoppedBy: "budget" });
    expect(toolResults(model, 1)[0]?.text).toContain("did not finish");
  });
});

describe("a budget of", () => {
  it("tool calls leaves those beyond it undone and asks for the closing words", async () => {
    const model = new ScriptedModel(calling(callOf("look"), callOf("look"), callOf("say")), "that is all");
    const { run, called } = setUp(model, { budget: { maxTurns: 9, maxCalls: 2, maxTokens: 1e6, maxSeconds: 60 } });
    expect(await runAgent(run)).toMatchObject({ text: "that is all", stoppedBy: "budget" });
    expect(called).toHaveLength(2);
    expect(toolResults(model, 1)[2]?.text).toContain("Not run");
  });

  it("money counts by the price of the model that answered", async () => {
    const usage = { inputTokens: 1_000, outputTokens: 500 };
    const model = new ScriptedModel({ ...calling(callOf("look")), usage }, { text: "end", usage });
    const dear = Object.assign(model, { price: { input: 2, output: 8 } });
    const budget = { maxTurns: 9, maxTokens: 1e6, maxSeconds: 60, maxCost: 0.005 };
    const spent: { step: string; cost: number }[] = [];
    const { run } = setUp(dear, { budget, onSpent: ({ step, cost }) => spent.push({ step, cost }) });
    const { stoppedBy, cost } = await runAgent(run);
    expect(stoppedBy).toBe("budget");
    expect(cost).toBeCloseTo(0.012);
    expect(spent).toEqual(["model-1", "closing"].map((step) => ({ step, cost: expect.closeTo(0.006) })));
  });

  it("seconds counts what a call that came too late has read", async () => {
    const hanging = new ScriptedModel(
      (_, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      "short",
    );
    const spent: { step: string; tokens: number }[] = [];
    const { run, clock } = setUp(hanging, {
      messages: [{ role: "user", text: "字".repeat(500) }],
      onSpent: ({ step, usage }) => spent.push({ step, tokens: usage.inputTokens + usage.outputTokens }),
    });
    const result = runAgent(run);
    await clock.advance(60_001);
    await result;
    expect(spent[0]?.tokens).toBeGreaterThanOrEqual(500);
  });
});

describe("a model that fails", () => {
  const down = (facts: object = {}) => new ModelError("down", { provider: "p", retryable: true, ...facts });

  it("is asked three times in all, then the error goes up", async () => {
    const model = new ScriptedModel(down(), down(), down());
    const { run, clock } = setUp(model);
    const result = runAgent(run).catch((error: unknown) => error);
    await clock.advance(20_000);
    expect(await result).toBeInstanceOf(ModelError);
    expect(model.requests).toHaveLength(3);
  });

  it("is not asked again when another try cannot help", async () => {
    const model = new ScriptedModel(down({ retryable: false }));
    await expect(runAgent(setUp(model).run)).rejects.toThrow("down");
    expect(model.requests).toHaveLength(1);
  });

  it("is waited for as long as it asks, but not for minutes", async () => {
    const patient = new ScriptedModel(down({ retryAfterMs: 3_000 }), "back");
    const first = setUp(patient);
    const result = runAgent(first.run);
    await first.clock.advance(2_999);
    expect(patient.requests).toHaveLength(1);
    await first.clock.advance(1);
    expect((await result).text).toBe("back");

    const hopeless = new ScriptedModel(down({ retryAfterMs: 600_000 }));
    await expect(runAgent(setUp(hopeless).run)).rejects.toThrow("down");
  });
});

describe("a fallback model", () => {
  const down = (facts: object = {}) => new ModelError("down", { provider: "p", retryable: false, ...facts });
  const named = (name: string, ...lines: ConstructorParameters<typeof ScriptedModel>) =>
    Object.assign(new ScriptedModel(...lines), { name });

  it("answers in place of one that fails, and is asked for the rest of the run, also after a crash", async () => {
    const [first, second] = [named("first", down()), named("second", calling(callOf("look")), "done")];
    const book = journal();
    const { run, steps } = setUp(first, { models: [first, second], step: book.step });
    expect(await runAgent(run)).toMatchObject({ text: "done" });
    expect([first.requests.length, second.requests.length]).toEqual([1, 2]);
    expect(steps.map((step) => ("model" in step ? `${step.kind} ${step.model}` : step.kind))).toEqual([
      ...["model_call first", "model_failed first", "model_reply second", "tool_call", "tool_result"],
      ...["model_call second", "model_reply second"],
    ]);
    book.recorded.delete("model-2");
    const [again, other] = [named("first"), named("second", "done again")];
    const after = setUp(again, { models: [again, other], step: journal(book.recorded).step });
    expect(await runAgent(after.run)).toMatchObject({ text: "done again" });
  });

  it("gets its share of the time when the first says nothing", async () => {
    const silent = named(
      "first",
      (_, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );
    const second = named("second", "in time");
    const { run, clock } = setUp(silent, { models: [silent, second] });
    const result = runAgent(run);
    await clock.advance(30_001);
    expect(await result).toMatchObject({ text: "in time", stoppedBy: "answer" });
  });

  it("is asked first for a minute after the other failed, then the other again", async () => {
    const [first, second] = [named("first", down(), "back"), named("second", "one", "two")];
    const clock = new FakeClock();
    const health = createModelHealth(clock);
    const texts: string[] = [];
    for (const waitMs of [0, 59_000, 2_000]) {
      await clock.advance(waitMs);
      texts.push((await runAgent(setUp(first, { models: [first, second], health, clock }).run)).text);
    }
    expect(texts).toEqual(["one", "two", "back"]);
  });

  it("that fails too is the end, with its own error", async () => {
    const models = [named("first", down()), named("second", down({ remedy: "of the second" }))] as const;
    await expect(runAgent(setUp(models[0], { models }).run)).rejects.toMatchObject({ remedy: "of the second" });
  });

  it("does not hide a fault in this program", async () => {
    const models = [named("first"), named("second", "never")] as const;
    await expect(runAgent(setUp(models[0], { models }).run)).rejects.toThrow("unexpected model call");
  });
});

describe("an aborted run", () => {
  it("ends as aborted, in the middle of a model call", async () => {
    const stop = new AbortController();
    const model = new ScriptedModel(
      (_, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );
    const step: DurableStep = (name, run) => run({ idempotencyKey: name, signal: stop.signal });
    const result = runAgent(setUp(model, { signal: stop.signal, step }).run);
    await settle();
    stop.abort(new DOMException("stopping", "AbortError"));
    expect((await result).stoppedBy).toBe("abort");
  });
});

describe("a replay", () => {
  it("runs nothing twice that was finished, stays silent about it, and comes to the same end", async () => {
    const book = journal();
    const lost = new Error("the process died here");
    const before = setUp(new ScriptedModel(calling(callOf("say", {}, "a"), callOf("look", {}, "b"))), {
      step: async (name, run) => {
        if (name === "tool-1-1") throw lost;
        return await book.step(name, run);
      },
    });
    await expect(runAgent(before.run)).rejects.toBe(lost);
    expect(before.called).toHaveLength(1);

    const model = new ScriptedModel("finished");
    const after = setUp(model, { step: journal(book.recorded).step });
    expect(await runAgent(after.run)).toMatchObject({
      text: "finished",
      turns: 2,
      calls: [{ name: "say" }, { name: "look" }],
    });
    expect(after.called.map(({ name }) => name)).toEqual(["look"]);
    expect(after.steps.map(({ kind }) => kind)).toEqual(["tool_call", "tool_result", "model_call", "model_reply"]);
  });

  it("keeps to the spending of the first run, whatever the clock says now", async () => {
    const book = journal();
    const slow = setUp(new ScriptedModel(calling(callOf("look")), "closing words"), {
      step: book.step,
      budget: { maxTurns: 9, maxTokens: 1e6, maxSeconds: 10 },
    });
    slow.run.callTool = async () => {
      await slow.clock.sleep(9_999);
      await slow.clock.sleep(100);
      return { ok: true, content: "late" };
    };
    const result = runAgent(slow.run);
    await slow.clock.advance(20_000);
    expect((await result).stoppedBy).toBe("budget");

    const again = setUp(new ScriptedModel(), { step: journal(book.recorded).step, budget: slow.run.budget });
    expect(await runAgent(again.run)).toMatchObject({ text: "closing words", stoppedBy: "budget" });
  });
});
