import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { Program, run } from "../kit/processes.ts";

async function stage(redirect = "http://127.0.0.1:0/callback") {
  const emulator = await startTestEmulator();
  const env = {
    QQ_CONNECT_APP_ID: emulator.connect.appId,
    QQ_CONNECT_APP_KEY: emulator.connect.appKey,
    QQ_CONNECT_BASE: emulator.url,
    QQ_CONNECT_REDIRECT_URI: redirect,
  };
  const program = new Program(["oauth", "login", "--no-open"], { env });
  const shown = await program.waitFor(/(http\S+\/oauth2\.0\/authorize\S+)/, { stream: "stderr" });
  const agree = () => emulator.act({ action: "login_allow", as: "bob", url: shown[1] }).callback_url as string;
  return { emulator, program, agree, env };
}

describe("qq-skill oauth login", () => {
  it("takes the callback, prints a handle that later calls can use, and ends", async () => {
    const { program, agree, env } = await stage();
    await program.waitFor(/waiting for the callback/, { stream: "stderr" });
    const callback = agree();
    const forged = new URL(callback);
    forged.searchParams.set("state", "forged");
    expect((await fetch(forged)).status).toBe(400);
    expect((await fetch(new URL("/favicon.ico", callback))).status).toBe(404);
    expect(program.isRunning).toBe(true);
    expect((await fetch(callback)).status).toBe(200);
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    const login = JSON.parse(stdout) as { token_ref: string; nickname: string };
    expect(login).toMatchObject({ nickname: "小周", has_refresh_token: true });
    const words = ["call", "oauth_me", "--token_ref", login.token_ref];
    const me = await run(words, { env, home: program.home });
    expect(me.code, me.stderr).toBe(0);
    expect(JSON.parse(me.stdout)).toMatchObject({ client_id_matches: true });
  });

  it("takes a pasted address when the callback is a site of one's own", async () => {
    const { emulator, program, agree } = await stage("https://example.com/qq/callback");
    emulator.act({ action: "login_settings", redirect_uris: ["https://example.com/qq/callback"] });
    await program.waitFor(/paste the whole address/, { stream: "stderr" });
    program.write(`${agree()}\n`);
    const { code, stdout, stderr } = await program.ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ nickname: "小周" });
  });

  it("ends with 1 when it is stopped or refused, with 2 for wrong settings and words", async () => {
    const { program } = await stage();
    const { code, stderr } = await program.stop("SIGINT");
    expect([code, stderr]).toEqual([1, expect.stringContaining("to do:")]);
    const refused = await stage();
    await refused.program.waitFor(/waiting for the callback at (\S+)/, { stream: "stderr" });
    const url = new URL(refused.agree());
    url.searchParams.set("code", "0".repeat(32));
    await fetch(url);
    expect(await refused.program.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("100019") });
    expect((await run(["oauth", "login", "--no-open"])).code).toBe(2);
    expect((await run(["oauth", "logout"])).code).toBe(2);
  });
});
