import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { silentLog } from "../../../src/core/log.ts";
import { createWebhook } from "../../../src/events/webhook.ts";
import { createWebhookServers } from "../../../src/events/webhook-servers.ts";
import { unusedPort } from "../../kit/stub-api.ts";
import { eventOf, platformPost, platformSignature, webhookApp } from "../../kit/webhook-post.ts";

const other = { appId: "102098766", secret: "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" };
const now = () => String(Math.floor(Date.now() / 1000));

function webhookOf(app: typeof other, path: string) {
  return createWebhook({ ...app, path, accept: async () => undefined, clock: systemClock, log: silentLog });
}

it("several bots share a port by their paths, each believes its own secret alone, and the last to leave closes it", async () => {
  const [servers, port] = [createWebhookServers(), await unusedPort()];
  const at = { host: "127.0.0.1", port };
  const [one, two] = [webhookOf(webhookApp, "/qq/one"), webhookOf(other, "/qq/two")];
  const opened = await Promise.all([one, two].map((webhook) => servers.open({ ...at, webhook })));
  onTestFinished(async () => void (await Promise.all(opened.map((server) => server.close(0)))));
  await expect(servers.open({ ...at, webhook: webhookOf(other, "/qq/one") })).rejects.toMatchObject({
    setting: "QQ_BOT_WEBHOOK_PATH",
  });

  let n = 0;
  const post = async (path: string, { appId, secret }: typeof other) => {
    const [body, time] = [eventOf(++n), now()];
    const signature = platformSignature(secret, time, body);
    const headers = { "x-bot-appid": appId };
    return (await fetch(`http://127.0.0.1:${port}${path}`, platformPost({ body, time, signature, headers }))).status;
  };
  expect(await post("/qq/one", webhookApp)).toBe(200);
  expect(await post("/qq/two", other)).toBe(200);
  expect(await post("/qq/two", webhookApp)).toBe(403);
  expect(await post("/qq/two", { ...other, secret: webhookApp.secret })).toBe(401);
  expect(await post("/qq", other)).toBe(404);
  expect([one.counts().accepted, two.counts().accepted]).toEqual([1, 1]);

  await opened[0]?.close(0);
  expect(await post("/qq/one", webhookApp)).toBe(503);
  expect(await post("/qq/two", other)).toBe(200);
  await opened[1]?.close(0);
  await expect(post("/qq/two", other)).rejects.toThrow();
});
