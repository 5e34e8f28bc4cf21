import { describe, expect, it } from "vitest";
import { createBindingClient, decryptSecret } from "../../../src/rest/binding.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { networkFailure, run, scriptedFetch } from "./scripted-fetch.ts";

const key = Buffer.alloc(32, 7);
const blob = "AAECAwQFBgcICQoLfOSEH1x5qRoS0Zf5lnVcy9MPgrsuVU8I5SNf+JPI66rqn26Lqnhgjw==";
const task = { id: "t-1", key };

function client(script: Parameters<typeof scriptedFetch>[0]) {
  const { fetch, calls } = scriptedFetch(script);
  const clock = new FakeClock();
  return { calls, clock, ...createBindingClient({ baseUrl: "https://q.test", fetch, clock, newKey: () => key }) };
}

const answering = (data: unknown) => client(() => ({ body: { retcode: 0, msg: "", data } }));

describe("a binding", () => {
  it("gives the platform a key of its own and shows where to confirm", async () => {
    const { create, connectUrl, calls } = answering({ task_id: "t-demo-1" });
    const made = await create();
    expect(calls[0]).toMatchObject({
      url: "https://q.test/lite/create_bind_task",
      init: { method: "POST", body: JSON.stringify({ key: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) },
    });
    expect(connectUrl(made, "我的 助手")).toBe(
      "https://q.test/qqbot/openclaw/connect.html?task_id=t-demo-1&source=%E6%88%91%E7%9A%84+%E5%8A%A9%E6%89%8B&_wv=2",
    );
  });

  it("decrypts what the platform made for its key", () => {
    expect(decryptSecret(blob, key)).toBe("demoAppSecret-0123456789");
  });

  it("reads every state, AppIDs as numbers or text, one object or a list", async () => {
    for (const status of [0, 1, 9]) expect(await answering({ status }).poll(task)).toEqual({ status: "pending" });
    expect(await answering({ status: 3 }).poll(task)).toEqual({ status: "expired" });
    const data = { status: 2, bot_appid: 1029384756, bot_encrypt_secret: blob, user_openid: "E4F1" };
    const done = {
      status: "completed",
      appId: "1029384756",
      appSecret: "demoAppSecret-0123456789",
      ownerOpenid: "E4F1",
    };
    expect(await answering(data).poll(task)).toEqual(done);
    expect(await answering([{ ...data, bot_appid: "1029384756" }]).poll(task)).toEqual(done);
  });

  it("never shows blob, key or secret when the secret does not fit", async () => {
    const wrong = { id: "t-1", key: Buffer.alloc(32, 8) };
    const data = { status: 2, bot_appid: 1, bot_encrypt_secret: blob };
    const error = await answering(data)
      .poll(wrong)
      .catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ name: "ApiError", remedy: expect.any(String) });
    expect(JSON.stringify(error) + String(error)).not.toContain(blob.slice(0, 12));
    for (const broken of ["", "AAAA", "***"]) {
      await expect(answering({ ...data, bot_encrypt_secret: broken }).poll(task)).rejects.toMatchObject({
        name: "ApiError",
      });
    }
  });

  it.each([
    ["a refusal", { body: { retcode: 40001, msg: "bad key" } }, { name: "ApiError", qqCode: 40001 }],
    ["a page", { status: 200, body: "<html>" }, { name: "ApiError" }],
    ["a broken server", { status: 502, body: "<html>" }, { name: "NetworkError" }],
    ["no data", { body: { retcode: 0 } }, { name: "ApiError" }],
    ["no task", { body: { retcode: 0, data: {} } }, { name: "ApiError" }],
  ])("tells %s apart", async (_, reply, expected) => {
    await expect(client(() => reply).create()).rejects.toMatchObject({ ...expected, remedy: expect.any(String) });
  });

  it("gives up on silence after 10 s, and names a host that is not there", async () => {
    const silent = client(() => "silence");
    expect(await run(silent.clock, silent.create())).toMatchObject({ error: { name: "NetworkError" }, tookMs: 10_000 });
    await expect(client(() => networkFailure("ECONNREFUSED")).create()).rejects.toMatchObject({
      ...{ name: "NetworkError", phase: "connect" },
    });
  });
});
