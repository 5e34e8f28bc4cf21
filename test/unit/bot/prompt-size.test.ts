import { expect, it } from "vitest";
import { dialectFor } from "../../../src/agent/dialects.ts";
import { wireRequest } from "../../../src/agent/wire.ts";
import { everydayOperations } from "../../../src/operations/everyday.ts";
import { openStage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";
import { countTokens } from "../../kit/tokens.ts";

it.each([
  ["group", said.groupAt("hello", "A")],
  ["guild channel", said.channelAt("hello", "A")],
  ["private chat", said.c2c("hello", "A")],
])("system prompt and tools of a turn with anybody in a %s stay under 2,500 tokens", async (_, message) => {
  const stage = await openStage(new ScriptedModel("hi"), { operations: everydayOperations });
  await stage.hear(message);
  const [asked] = stage.model.requests;
  if (!asked) throw new Error("the model was not asked");
  const dialect = dialectFor({ baseUrl: "http://scripted.test/v1", model: "m" });
  const { messages, tools } = wireRequest({ model: "m", dialect }, asked);
  const size = countTokens(messages[0]?.content ?? "") + countTokens(tools ?? []);
  expect(size).toBeLessThan(2_500);
});
