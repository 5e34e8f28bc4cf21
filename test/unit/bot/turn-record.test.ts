import { trace } from "@opentelemetry/api";
import { describe, expect, it, onTestFinished } from "vitest";
import { hasTelemetry, spansOf } from "../../../src/bot/telemetry.ts";
import { recordTurns, type TurnRecord } from "../../../src/bot/turn-record.ts";
import { ModelError } from "../../../src/core/errors.ts";
import { openStage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";
import { memoryTracer } from "../../kit/spans.ts";

const usage = { inputTokens: 100, outputTokens: 20 };

async function recordsOf(model: ScriptedModel, text = "what is my secret plum?"): Promise<TurnRecord[]> {
  const records: TurnRecord[] = [];
  const stage = await openStage(model, { trace: recordTurns((record) => records.push(record)) });
  await stage.hear(said.group("chatter", "B"), said.groupAt(text, "A"));
  return records;
}

const looking = () =>
  Object.assign(
    new ScriptedModel(
      { ...calling(callOf("get_bot_profile"), callOf("no_such_tool")), usage },
      { text: "it is plum", usage },
    ),
    { price: { input: 10, output: 100 } },
  );

describe("the record of a turn", () => {
  it("holds what it took and what it did, and nobody's words", async () => {
    const records = await recordsOf(looking());
    expect(records).toMatchObject([
      {
        event: "GROUP_AT_MESSAGE_CREATE",
        result: "replied",
        ...{ attempt: 1, inputTokens: 200, outputTokens: 40, cost: expect.closeTo(0.006) },
        steps: [
          { kind: "model", model: "scripted", messages: 3, inputTokens: 100, outputTokens: 20 },
          { kind: "tool", name: "get_bot_profile", ok: true },
          { kind: "tool", name: "no_such_tool", ok: false },
          { kind: "model", messages: 6 },
          { kind: "send", characters: 10 },
        ],
      },
    ]);
    expect(JSON.stringify(records)).not.toMatch(/plum|chatter/);
  });

  it("tells of a turn that failed", async () => {
    const [record] = await recordsOf(new ScriptedModel(new ModelError("down", { provider: "p" })));
    expect(record).toMatchObject({ result: "replied", steps: [{ kind: "send" }] });
  });
});

describe("its spans", () => {
  it("stand inside the turn's, by the names of the conventions", async () => {
    const { tracer, spans } = memoryTracer();
    for (const record of await recordsOf(looking())) spansOf({ ...record, account: "shop" }, tracer);
    expect(spans.map(({ name, parent }) => [name, parent])).toEqual([
      ["invoke_agent qq-skill", undefined],
      ...[
        "chat scripted",
        "execute_tool get_bot_profile",
        "execute_tool no_such_tool",
        "chat scripted",
        "send reply",
      ].map((name) => [name, "invoke_agent qq-skill"]),
    ]);
    expect(spans[0]?.attributes).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.usage.input_tokens": 200,
      "qq.account": "shop",
    });
    expect(spans[1]?.attributes).toMatchObject({ "gen_ai.operation.name": "chat", "gen_ai.usage.output_tokens": 20 });
    expect(spans[3]?.status).toBeDefined();
    expect(spans.every(({ endTime }) => typeof endTime === "number")).toBe(true);
    expect(JSON.stringify(spans)).not.toMatch(/plum/);
  });

  it("are made where an SDK listens, and only there", async () => {
    expect(hasTelemetry()).toBe(false);
    const { tracer, spans } = memoryTracer();
    trace.setGlobalTracerProvider({ getTracer: () => tracer });
    onTestFinished(() => trace.disable());
    expect(hasTelemetry()).toBe(true);
    for (const record of await recordsOf(looking())) spansOf(record);
    expect(spans.map(({ name }) => name)).toContain("chat scripted");
  });
});
