import { describe, expect, it } from "vitest";
import { signerOf } from "../../src/protocol/signature.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { variablesOf } from "../kit/skill-commands.ts";
import { exampleLanguages, startExample } from "../kit/skill-examples.ts";

describe.each(exampleLanguages)("the webhook in $language", ({ language, missing }) => {
  it.skipIf(missing)("passes the console's check, takes what QQ signed, and signs and takes nothing else", async () => {
    const emulator = await startTestEmulator();
    const door = startExample(`qq-gateway/references/webhook-${language}.md`, { ...variablesOf(emulator), PORT: "0" });
    const [url] = await door.waitFor(/http:\S+/);
    await emulator.setWebhook(url);
    emulator.say({ as: "alice", scene: "c2c", id: emulator.world.c2c[0]?.id as string, content: "签过名的" });
    await door.waitFor(/C2C_MESSAGE_CREATE 签过名的/);

    const { appId, appSecret } = emulator.app;
    const now = String(Math.floor(Date.now() / 1000));
    const body = JSON.stringify({ op: 0, id: "X:1", t: "C2C_MESSAGE_CREATE", d: { content: "伪造" } });
    const post = async (text: string, headers: Record<string, string>) =>
      (await fetch(url, { method: "POST", body: text, headers: { "x-bot-appid": appId, ...headers } })).status;
    const signed = (time: string, text: string, secret = appSecret) => ({
      "x-signature-timestamp": time,
      "x-signature-ed25519": signerOf(secret).sign(time, text),
    });
    const check = (d: Record<string, string>) => JSON.stringify({ op: 13, d });
    expect({
      ours: await post(body.replace("X:1", "X:0"), signed(now, body.replace("X:1", "X:0"))),
      unsigned: await post(body, {}),
      changed: await post(`${body} `, signed(now, body)),
      stranger: await post(body, signed(now, body, "another-secret")),
      old: await post(body, signed(String(Number(now) - 600), body)),
      otherApp: await post(body, { ...signed(now, body), "x-bot-appid": "1" }),
      // An event in the place of the token: whoever gets it signed has forged it.
      oracle: await post(check({ plain_token: body, event_ts: now }), {}),
      oldCheck: await post(check({ plain_token: "Arq0D5A61EgUu4OxUvOp", event_ts: "1725442341" }), {}),
      noJson: await post("{", {}),
    }).toEqual({
      ours: 200,
      ...{ unsigned: 401, changed: 401, stranger: 401, old: 401, otherApp: 401 },
      ...{ oracle: 400, oldCheck: 400, noJson: 400 },
    });
  });
});
