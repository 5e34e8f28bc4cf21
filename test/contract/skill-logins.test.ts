import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { variablesOf } from "../kit/skill-commands.ts";
import { exampleLanguages, startExample } from "../kit/skill-examples.ts";

describe.each(exampleLanguages)("QQ login in $language", ({ language, missing }) => {
  it.skipIf(missing)("lets in who came from its own page, once, with this app's token", async () => {
    const emulator = await startTestEmulator();
    const redirectUri = "http://127.0.0.1/qq/callback";
    emulator.act({ action: "login_settings", redirect_uris: [redirectUri] });
    const site = startExample(`qq-oauth/references/login-${language}.md`, {
      ...variablesOf(emulator),
      ...{ PORT: "0", QQ_CONNECT_REDIRECT_URI: redirectUri },
    });
    const [start] = await site.waitFor(/http:\S+/);
    const begin = async () => {
      const answer = await fetch(start, { redirect: "manual" });
      const url = answer.headers.get("location") as string;
      const back = emulator.act({ action: "login_allow", as: "alice", url }).callback_url as string;
      return { cookie: answer.headers.get("set-cookie")?.split(";")[0] as string, back };
    };
    const come = async (back: string, cookie: string) => {
      const url = new URL(back);
      const answer = await fetch(new URL(url.pathname + url.search, start), { headers: { cookie } });
      return `${answer.status} ${await answer.text()}`;
    };
    const { cookie, back } = await begin();
    const other = await begin();
    expect(await come(back, other.cookie)).toMatch(/^400/);
    const again = await begin();
    expect(await come(again.back, again.cookie)).toMatch(/^200 你好，小林（[0-9A-F]{32}）$/);
    expect(await come(again.back, again.cookie)).toMatch(/^400/);
    expect(await come(back.replace(/state=\w+/, "state="), cookie)).toMatch(/^400/);
    const forged = await begin();
    expect(await come(forged.back.replace(/code=\w+/, "code=0"), forged.cookie)).toMatch(/^502/);
    expect(site.stdout + site.stderr).not.toContain(emulator.connect.appKey);
  });
});

describe.each(exampleLanguages)("mini program login in $language", ({ language, missing }) => {
  it.skipIf(missing)("opens a session for what QQ signed, and for nothing else", async () => {
    const emulator = await startTestEmulator();
    const server = startExample(`qq-mini-program/references/login-${language}.md`, {
      ...variablesOf(emulator),
      PORT: "0",
    });
    const [url] = await server.waitFor(/http:\S+/);
    const client = () => {
      const made = emulator.act({ action: "mini_login", as: "alice" }) as Record<string, string>;
      const { js_code: code, raw_data: rawData, signature, encrypted_data: encryptedData, iv } = made;
      return { code, rawData, signature, encryptedData, iv };
    };
    const post = async (body: object) => {
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    const good = client();
    expect(await post(good)).toEqual({ status: 200, session: expect.stringMatching(/^\w{32}$/), nickname: "小林" });
    expect(await post(good), "a code works once").toMatchObject({ status: 400 });
    expect(await post({ ...client(), rawData: `${good.rawData} ` })).toMatchObject({ status: 400 });
    expect(await post({ ...client(), iv: "AAAAAAAAAAAAAAAAAAAAAA==" })).toMatchObject({ status: 400 });
    expect(server.stdout + server.stderr).not.toContain(emulator.mini.appSecret);
  });
});
