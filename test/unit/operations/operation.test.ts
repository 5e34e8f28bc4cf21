import { describe, expect, it } from "vitest";
import { z } from "zod";
import { callOperation } from "../../../src/operations/call.ts";
import { sendDmMessage } from "../../../src/operations/dms.ts";
import { defineCall } from "../../../src/operations/operation.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const base = {
  title: "Test",
  summary: "Test.",
  toolset: "guild",
  permission: "read",
  scope: { guild: "guild_id" },
  service: "bot",
  output: z.looseObject({}),
  docs: "https://example.com",
} as const;

const list = defineCall({
  ...base,
  name: "list_things",
  method: "GET",
  path: "/guilds/{guild_id}/things/{type}",
  input: z.strictObject({
    guild_id: z.string(),
    type: z.int(),
    limit: z.int().default(20),
    after: z.string().optional(),
  }),
  decode: (data, input) => ({ things: data, limit: input.limit }),
});

const change = defineCall({
  ...base,
  name: "change_thing",
  permission: "manage",
  method: "PATCH",
  path: "/guilds/{guild_id}",
  query: ["reason"],
  input: z.strictObject({ guild_id: z.string(), name: z.string(), reason: z.string().optional() }),
});

describe("a call as data", () => {
  it("fills the path, encoded, and puts the rest of a GET into the query", async () => {
    const { context, requests } = fakeContext({ respond: () => [1] });
    const output = await callOperation(list, context, { guild_id: "a/b?c", type: 2, after: "x&y" });
    expect(requests).toEqual([
      {
        service: "bot",
        method: "GET",
        template: "/guilds/{guild_id}/things/{type}",
        path: "/guilds/a%2Fb%3Fc/things/2",
        query: { limit: 20, after: "x&y" },
        repeatable: true,
      },
    ]);
    expect(output).toEqual({ things: [1], limit: 20 });
  });

  it("puts the rest of other methods into the body, but for fields named as query", async () => {
    const { context, requests } = fakeContext();
    expect(await callOperation(change, context, { guild_id: "1", name: "n", reason: "r" })).toEqual({});
    expect(requests[0]).toMatchObject({ path: "/guilds/1", query: { reason: "r" }, body: { name: "n" } });
    expect(requests[0]?.repeatable).toBe(false);
  });

  it("sends the bytes of a local file instead of its path", async () => {
    const { context, requests } = fakeContext();
    await callOperation(sendDmMessage, context, { guild_id: "1", content: "x", file_image: "/files/a.png" });
    expect(requests[0]?.body).toEqual({ content: "x" });
    expect(requests[0]?.file).toMatchObject({ name: "a.png" });
  });

  it("reports a message that is held for review as a result", async () => {
    const respond = () => ({ status: 202, data: {}, retried: false, audit: { code: 304023, auditId: "a1" } });
    const { context } = fakeContext({ respond });
    expect(await callOperation(change, context, { guild_id: "1", name: "n" })).toEqual({
      pending_review: true,
      audit_id: "a1",
      code: 304023,
    });
  });

  it("asks at compile time that every placeholder is an input field", () => {
    const missing = () =>
      defineCall({
        ...base,
        name: "get_thing",
        method: "GET",
        // @ts-expect-error thing_id is not an input field
        path: "/guilds/{guild_id}/things/{thing_id}",
        input: z.strictObject({ guild_id: z.string() }),
      });
    expect(missing().path).toContain("thing_id");
  });
});
