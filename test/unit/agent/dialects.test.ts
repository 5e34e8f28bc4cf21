import { describe, expect, it } from "vitest";
import { type DialectName, dialectFor, dialectNames } from "../../../src/agent/dialects.ts";
import type { ModelRequest } from "../../../src/agent/model.ts";
import { createOpenAiModel } from "../../../src/agent/openai-model.ts";
import { ModelServer } from "../../kit/model-server.ts";

describe("the dialect of an endpoint", () => {
  it.each([
    ["https://api.openai.com/v1", "gpt-5", "openai"],
    ["https://me.openai.azure.com/openai/v1", "gpt-4o", "openai"],
    ["https://api.deepseek.com/v1", "deepseek-chat", "deepseek"],
    ["https://api.moonshot.cn/v1", "kimi-k2.5", "kimi"],
    ["https://open.bigmodel.cn/api/paas/v4", "glm-4.6", "glm"],
    ["https://dashscope.aliyuncs.com/compatible-mode/v1", "deepseek-v3", "qwen"],
    ["https://api.siliconflow.cn/v1", "deepseek-ai/DeepSeek-V3", "deepseek"],
    ["http://127.0.0.1:11434/v1", "deepseek-r1:7b", "ollama"],
    ["http://10.0.0.5:8000/v1", "Qwen/Qwen3-32B", "qwen"],
    ["https://api.mistral.ai/v1", "mistral-large", "mistral"],
    ["https://notopenai.com/v1", "some-model", "plain"],
  ])("at %s with the model %s is %s", (baseUrl, model, name) => {
    expect(dialectFor({ baseUrl, model }).name).toBe(name);
  });

  it("is the one that the setting names, whatever the address", () => {
    expect(dialectFor({ baseUrl: "http://localhost:11434/v1", model: "x", dialect: "kimi" }).name).toBe("kimi");
  });
});

/** A turn with everything in it: reasoning, calls beside words, results, a remark behind them. */
const request: ModelRequest = {
  messages: [
    { role: "system", text: "be" },
    { role: "user", text: "and?" },
    { role: "assistant", text: "", toolCalls: [{ id: "a", name: "look", arguments: "{}" }], reasoning: "because" },
    { role: "tool", callId: "a", text: "seen" },
    { role: "assistant", text: "hm", toolCalls: [{ id: "b", name: "look", arguments: '{"n":1}' }] },
    { role: "tool", callId: "b", text: "seen again" },
    { role: "user", text: "now answer" },
  ],
  tools: [{ name: "look", description: "Looks.", parameters: { type: "object", properties: {} }, isReadOnly: true }],
};

const everything = { maxTokens: 500, temperature: 0.5, thinking: "off" } as const;

describe("a server as strict as its vendor", () => {
  it.each(dialectNames)("takes all that is sent in the dialect %s", async (dialect) => {
    const server = await ModelServer.start(dialect);
    const model = { kimi: "kimi-k2.5", openai: "gpt-5-mini" }[dialect as string] ?? "some-model";
    server.says({ reasoning: "hidden", text: "fine" });
    const port = createOpenAiModel({ baseUrl: server.variables.OPENAI_BASE_URL, model, dialect, ...everything });
    expect((await port.complete(request)).text).toBe("fine");
  });

  it.each(
    dialectNames.flatMap((vendor) => dialectNames.map((dialect): [DialectName, DialectName] => [vendor, dialect])),
  )("of %s is understood after its refusals, also when it was taken for %s", async (vendor, dialect) => {
    const server = await ModelServer.start(vendor);
    server.otherwise = () => "fine";
    const model = vendor === "kimi" ? "kimi-k2.5" : "some-model";
    const port = createOpenAiModel({ baseUrl: server.variables.OPENAI_BASE_URL, model, dialect, ...everything });
    expect((await port.complete(request)).text).toBe("fine");
    server.breaches = [];
    expect((await port.complete(request)).text).toBe("fine");
    expect(server.breaches).toEqual([]);
  });
});
