import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import { findOperation } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import { permissions } from "../../src/operations/operation.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { temporaryFolder } from "../kit/processes.ts";

type Fields = Record<string, unknown>;

async function stage() {
  const emulator = await startTestEmulator();
  const home = temporaryFolder();
  const logs: unknown[] = [];
  const keep = (facts: object, text: string) => logs.push(facts, text);
  const config = loadConfig({
    env: {
      QQ_MINI_APP_ID: emulator.mini.appId,
      QQ_MINI_APP_SECRET: emulator.mini.appSecret,
      QQ_MINI_BASE: emulator.url,
      QQ_SKILL_HOME: home,
      QQ_SKILL_FILES: home,
    },
  });
  const platform = openPlatform(config, { ...silentLog, debug: keep, info: keep, warn: keep, error: keep });
  onTestFinished(() => platform.close());
  const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" });
  const run = async (name: string, input: Fields = {}): Promise<Fields> => {
    const operation = findOperation(name);
    if (!operation) throw new Error(`no operation ${name}`);
    return (await callOperation(operation, context, input)) as Fields;
  };
  const logIn = async (as = "alice"): Promise<Fields> => {
    const { js_code, ...given } = emulator.act({ action: "mini_login", as });
    return { ...given, ...(await run("mini_code2session", { js_code })) };
  };
  return { emulator, run, logIn, home, logs };
}

describe("a session of the mini program", () => {
  it("opens what the client sends, and its key is never seen", async () => {
    const { run, logIn, emulator, logs } = await stage();
    const login = await logIn();
    const { session_ref, encrypted_data, iv, raw_data, signature } = login;
    const opened = await run("mini_decrypt", { session_ref, encrypted_data, iv, max_age_s: 60 });
    expect(opened).toMatchObject({ kind: "user", appid_ok: true, data: { nickName: "小林", openId: login.openid } });
    expect(await run("mini_verify_signature", { session_ref, raw_data, signature })).toEqual({ valid: true });
    const forged = `${raw_data} `;
    expect(await run("mini_verify_signature", { session_ref, raw_data: forged, signature })).toEqual({ valid: false });
    await run("mini_check_text", { content: "好" });
    const seen = JSON.stringify([login, opened, logs, emulator.frames()]);
    expect(seen).toContain("[redacted]");
    expect(seen).not.toContain(emulator.mini.appSecret);
    expect(seen).not.toMatch(/"session_key":"(?!\[redacted\])/);
    expect(seen).not.toMatch(/"access_token":"(?!\[redacted\])/);
  });

  it("refuses data of an older key, old data, and a code that was used", async () => {
    const { run, logIn, emulator } = await stage();
    const { encrypted_data, iv } = await logIn();
    const newer = await logIn();
    const input = { session_ref: newer.session_ref, encrypted_data, iv };
    await expect(run("mini_decrypt", input)).rejects.toThrow("cannot be decrypted");
    emulator.advance(3_600_000);
    const { session_ref, ...later } = await logIn();
    const fields = { session_ref, encrypted_data: later.encrypted_data, iv: later.iv };
    await expect(run("mini_decrypt", { ...fields, max_age_s: 60 })).rejects.toThrow("old");
    await expect(run("mini_code2session", { js_code: "used" })).rejects.toMatchObject({
      qqCode: 40_029,
      remedy: expect.stringContaining("qq.login"),
    });
  });
});

describe("the mini program's token", () => {
  it("is fetched once, and again when the platform has ended it", async () => {
    const { run, emulator } = await stage();
    const asked = () => emulator.frames().filter(({ path }) => path === "/api/getToken").length;
    await Promise.all([1, 2, 3].map(() => run("mini_check_text", { content: "好" })));
    expect(asked()).toBe(1);
    emulator.act({ action: "mini_expire_token" });
    expect(await run("mini_check_text", { content: "好" })).toMatchObject({ verdict: "pass" });
    expect(asked()).toBe(2);
    expect(await run("mini_token_status")).toMatchObject({ valid: true });
    expect(asked()).toBe(2);
    await run("mini_token_status", { refresh: true });
    expect(asked()).toBe(3);
  });
});

describe("content checks", () => {
  it("give a verdict on text and image", async () => {
    const { run } = await stage();
    expect(await run("mini_check_text", { content: "含违禁词" })).toMatchObject({ verdict: "risky", err_code: 87_014 });
    const gif = (width: number, tail = "") => {
      const head = Buffer.from("GIF89a\0\0\0\0\0\0\0", "latin1");
      head.writeUInt16LE(width, 6);
      head.writeUInt16LE(10, 8);
      return Buffer.concat([head, Buffer.from(tail)]).toString("base64");
    };
    expect(await run("mini_check_image", { base64: gif(10) })).toMatchObject({ verdict: "pass" });
    expect(await run("mini_check_image", { base64: gif(10, "违禁") })).toMatchObject({ verdict: "risky" });
    await expect(run("mini_check_image", { base64: gif(751) })).rejects.toThrow("751 x 10");
    await expect(run("mini_check_image", { base64: "aGVsbG8gd29ybGQ=" })).rejects.toThrow("no PNG");
  });
});

describe("subscribe messages", () => {
  it("tell the person's choice apart from mistakes", async () => {
    const { run, logIn, emulator } = await stage();
    const { openid } = await logIn();
    const message = { openid, template_id: "b2f1e7c04c5d4f0e9a", data: { keyword1: "7", keyword2: "18:00" } };
    const send = (changes: Fields = {}) => run("mini_send_subscribe", { ...message, ...changes });
    expect(await send()).toMatchObject({ sent: false, err_code: 46_001, user_action_needed: true });
    emulator.act({ action: "mini_subscribe", as: "alice", state: "refused" });
    expect(await send()).toMatchObject({ sent: false, err_code: 46_003 });
    emulator.act({ action: "mini_subscribe", as: "alice" });
    expect(await send()).toMatchObject({ sent: true });
    await expect(send({ data: { keyword1: "7" } })).rejects.toMatchObject({ qqCode: 40_035 });
    await expect(send({ template_id: "nothing" })).rejects.toMatchObject({ qqCode: 40_037 });
  });
});

describe("codes and links", () => {
  it("spends a code only for a page that has none, and says when all are spent", async () => {
    const { run, emulator } = await stage();
    emulator.act({ action: "mini_settings", code_limit: 1 });
    const first = await run("mini_create_code", { path: "pages/a", confirm: true });
    expect(first).toMatchObject({ cached: false });
    expect(await run("mini_create_code", { path: "pages/a", confirm: true })).toMatchObject({
      cached: true,
      file: first.file,
      image_base64: first.image_base64,
    });
    await expect(run("mini_create_code", { path: "pages/b", confirm: true })).rejects.toMatchObject({
      qqCode: 45_029,
      remedy: expect.stringContaining("mini_link"),
    });
    await expect(run("mini_create_code", { path: "pages/b" })).rejects.toMatchObject({ field: "confirm" });
  });

  it("links to a page with its parameters", async () => {
    const { run, emulator } = await stage();
    const base = `https://m.q.qq.com/a/p/${emulator.mini.appId}`;
    expect(await run("mini_link")).toEqual({ url: base });
    await expect(run("mini_link", { path: "/pages/a" })).rejects.toMatchObject({ field: "path" });
    expect(await run("mini_link", { path: "pages/a?x=1", query: { name: "小 林" } })).toEqual({
      url: `${base}?s=${encodeURIComponent("pages/a?x=1&name=%E5%B0%8F+%E6%9E%97")}`,
    });
  });
});

describe("the project check", () => {
  const write = (home: string, files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(home, "app", path, ".."), { recursive: true });
      writeFileSync(join(home, "app", path), text);
    }
    return join(home, "app");
  };

  it("finds what is missing, wrong, too large or forbidden", async () => {
    const { run, home } = await stage();
    const project_dir = write(home, {
      "app.json": JSON.stringify({
        pages: ["pages/a", "pages/none"],
        subpackages: [{ root: "extra", pages: ["b"] }],
        tabBar: { list: [{ pagePath: "pages/other" }] },
        networkTimeout: { request: 90_000 },
        plugin: {},
      }),
      "app.js": 'qq.request({ url: "https://api.q.qq.com/api/getToken" });',
      "pages/a.js": "",
      "pages/a.wxml": "",
      "extra/b.js": "x".repeat(2 * 1024 * 1024 + 1),
      "extra/b.qml": "",
      "project.config.json": JSON.stringify({ appid: "wx123", projectname: "x" }),
    });
    const { ok, problems, package_sizes } = await run("mini_validate_project", { project_dir });
    expect(ok).toBe(false);
    const texts = (problems as { level: string; file: string; text: string }[]).map(
      ({ level, file, text }) => `${level} ${file}: ${text}`,
    );
    for (const part of [
      "error pages/none.js: the page has no script",
      "error app.json: tabBar: pages/other is not among pages",
      "error app.json: networkTimeout.request may be 60000 ms",
      "warning app.json: plugin",
      "error app.js: api.q.qq.com",
      "warning extra/b.json",
      "error extra: the package has 2.00 MB",
      "error project.config.json: the AppID of QQ is digits only",
    ])
      expect(texts.join("\n")).toContain(part);
    expect(package_sizes).toMatchObject({ extra: 2 * 1024 * 1024 + 1 });
  });

  it("reads nothing outside the allowed folders", async () => {
    const { run } = await stage();
    await expect(run("mini_validate_project", { project_dir: temporaryFolder() })).rejects.toMatchObject({
      field: "project_dir",
    });
  });
});

describe("what games store for a person", () => {
  it("is signed with the session key over the exact body", async () => {
    const { emulator } = await stage();
    const { js_code } = emulator.act({ action: "mini_login", as: "alice" });
    const { appId: appid, appSecret } = emulator.mini;
    const get = async (path: string, query: Fields) =>
      (await (
        await fetch(`${emulator.url}${path}?${new URLSearchParams(query as Record<string, string>)}`)
      ).json()) as Fields;
    const session = await get("/sns/jscode2session", {
      ...{ appid, secret: appSecret, js_code, grant_type: "authorization_code" },
    });
    const token = await get("/api/getToken", { appid, secret: appSecret, grant_type: "client_credential" });
    const body = '{"kv_list":[{"key":"score","value":"100"}]}';
    const store = async (signature: string) => {
      const query = { access_token: token.access_token, openid: session.openid, signature, sig_method: "hmac_sha256" };
      const path = `/api/openDataContext/set_user_storage?${new URLSearchParams(query as Record<string, string>)}`;
      return (await (await fetch(`${emulator.url}${path}`, { method: "POST", body })).json()) as Fields;
    };
    const signature = createHmac("sha256", session.session_key as string)
      .update(body)
      .digest("hex");
    expect(await store(signature)).toMatchObject({ errcode: 0 });
    expect(await store("0".repeat(64))).toMatchObject({ errcode: -1 });
  });
});
