import { expect, it } from "vitest";
import { createModerator } from "../../../src/agent/moderation.ts";

const { signal } = new AbortController();

/** An endpoint that gives one answer to everything, and keeps what it was asked. */
function endpoint(body: unknown, status = 200) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const answer: typeof fetch = async (url, init) => {
    asked.push({ url: String(url), init });
    return new Response(JSON.stringify(body), { status });
  };
  return { asked, fetch: answer };
}

it("asks /moderations with key and model, and takes one flag of several for enough", async () => {
  const { asked, fetch } = endpoint({ results: [{ flagged: false }, { flagged: true }] });
  const flags = createModerator({ baseUrl: "http://127.0.0.1:1/v1", model: "m", apiKey: "k", fetch });
  expect(await flags("text", signal)).toBe(true);
  expect(asked[0]).toMatchObject({ url: "http://127.0.0.1:1/v1/moderations", init: { method: "POST" } });
  expect(JSON.parse(String(asked[0]?.init?.body))).toEqual({ input: "text", model: "m" });
  expect(asked[0]?.init?.headers).toMatchObject({ authorization: "Bearer k" });
});

it("without key and model sends neither", async () => {
  const { asked, fetch } = endpoint({ results: [{ flagged: false }] });
  expect(await createModerator({ baseUrl: "http://127.0.0.1:1/v1", fetch })("text", signal)).toBe(false);
  expect(JSON.parse(String(asked[0]?.init?.body))).toEqual({ input: "text" });
  expect(asked[0]?.init?.headers).not.toHaveProperty("authorization");
});

it.each([
  [{ results: [{ flagged: false }] }, 500],
  [{ results: [] }, 200],
  [{ results: [{ flagged: "no" }] }, 200],
  [{ error: "busy" }, 200],
])("takes %j with HTTP %i for no verdict", async (body, status) => {
  const { fetch } = endpoint(body, status);
  await expect(createModerator({ baseUrl: "http://127.0.0.1:1/v1", fetch })("text", signal)).rejects.toThrow(
    "no verdict",
  );
});
