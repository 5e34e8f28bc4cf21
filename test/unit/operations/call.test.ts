import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ApiError, InputError, PermissionError } from "../../../src/core/errors.ts";
import { callOperation, inputSchema, outputSchema } from "../../../src/operations/call.ts";
import { defineAction } from "../../../src/operations/operation.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const greet = defineAction({
  name: "greet_group",
  title: "Greet",
  summary: "Greets.",
  toolset: "message",
  permission: "send",
  scope: { group: "group_openid" },
  input: z.strictObject({
    group_openid: z.string().min(2).describe("Group"),
    times: z.int().max(3).default(1).describe("How often"),
    token: z.string().optional().describe("A secret that somebody typed"),
  }),
  output: z.looseObject({ id: z.string() }),
  docs: "https://example.com",
  run: async (_context, input) => (input.times === 2 ? { odd: true } : { id: input.group_openid }),
});

describe("the gate", () => {
  it("runs with defaults filled in, and records who did what where", async () => {
    const { context, audit } = fakeContext();
    expect(await callOperation(greet, context, { group_openid: "G1" })).toEqual({ id: "G1" });
    expect(audit).toEqual([
      expect.objectContaining({
        operation: "greet_group",
        caller: "test",
        scope: "group:G1",
        outcome: "ok",
        input: { group_openid: "G1", times: 1 },
      }),
    ]);
  });

  it("names an unknown field and the known ones", async () => {
    const { context } = fakeContext();
    const error = await callOperation(greet, context, { group_openid: "G1", groupid: "x" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ field: "groupid", message: expect.stringContaining("group_openid, times") });
  });

  it("lists every problem at once and points to the first", async () => {
    const { context, audit } = fakeContext();
    const error = await callOperation(greet, context, { group_openid: "G", times: 9 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ field: "group_openid", remedy: expect.stringContaining("group_openid, times") });
    expect(audit[0]).toMatchObject({ outcome: "input" });
  });

  it.each([null, "text", 7, [1]])("refuses input that is not an object: %j", async (input) => {
    const { context } = fakeContext();
    await expect(callOperation(greet, context, input)).rejects.toBeInstanceOf(InputError);
  });

  it("refuses what was not granted, with the missing right, and nothing runs", async () => {
    const { context, audit } = fakeContext({ caller: { grants: new Set(["read"]) } });
    const error = await callOperation(greet, context, { group_openid: "G1" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PermissionError);
    expect(error).toMatchObject({ missing: "send" });
    expect(audit[0]).toMatchObject({ outcome: "permission", scope: "group:G1" });
  });

  it("passes an answer of a surprising shape on as it is, and logs it", async () => {
    const { context, audit, warnings } = fakeContext();
    expect(await callOperation(greet, context, { group_openid: "G1", times: 2 })).toEqual({ odd: true });
    expect(audit[0]).toMatchObject({ outcome: "ok" });
    expect(warnings).toEqual([expect.objectContaining({ operation: "greet_group" })]);
  });

  it("keeps secrets out of the audit row", async () => {
    const { context, audit } = fakeContext();
    await callOperation(greet, context, { group_openid: "G1", token: "hunter2hunter2" });
    expect(JSON.stringify(audit)).not.toContain("hunter2");
  });

  it("does not turn a sent message into a failure when the audit row cannot be written", async () => {
    const { context, warnings } = fakeContext();
    context.audit.record = () => {
      throw new Error("disk full");
    };
    expect(await callOperation(greet, context, { group_openid: "G1" })).toEqual({ id: "G1" });
    expect(warnings).toHaveLength(1);
  });

  it("records the platform's code of a refusal and throws it on", async () => {
    const refusal = new ApiError("no", { service: "bot", method: "POST", path: "/x", status: 400, qqCode: 40034105 });
    const { context, audit } = fakeContext();
    const failing = { ...greet, run: () => Promise.reject(refusal) };
    await expect(callOperation(failing, context, { group_openid: "G1" })).rejects.toBe(refusal);
    expect(audit[0]).toMatchObject({ outcome: "40034105" });
  });
});

describe("schemas", () => {
  it("show inputs without $schema and id patterns, and outputs without required fields", () => {
    const shaped = defineAction({
      ...{ name: "x_y", title: "X", summary: "X.", toolset: "message", permission: "send", scope: "bot" },
      ...{ output: greet.output, docs: greet.docs },
      input: z.strictObject({ id: z.string().regex(/^x$/).max(9).describe("Id"), n: z.int().describe("Count") }),
      run: async () => ({}),
    });
    expect(inputSchema(shaped)).toEqual({
      type: "object",
      properties: { id: { type: "string", description: "Id" }, n: { type: "integer", description: "Count" } },
      required: ["id", "n"],
      additionalProperties: false,
    });
    expect(outputSchema(greet)).not.toHaveProperty("required");
  });
});
