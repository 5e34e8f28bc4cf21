import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBindingDesk } from "../../src/cli/binding-desk.ts";
import { readCredentials, saveCredentials, saveTalkPolicy, withCredentials } from "../../src/cli/credentials.ts";
import { loadConfig } from "../../src/config/load.ts";
import { findOperation } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { fakeContext } from "../kit/fake-context.ts";
import { temporaryFolder } from "../kit/processes.ts";

type Loose = ReturnType<typeof JSON.parse>;

async function stage() {
  const emulator = await startTestEmulator();
  const home = join(temporaryFolder(), "data");
  const binding = createBindingDesk({ baseUrl: emulator.url, fetch, home, appId: undefined });
  const fake = fakeContext({ binding });
  const run = async (name: string, input: object = {}): Promise<Loose> => {
    const operation = findOperation(name);
    if (!operation) throw new Error(`no operation ${name}`);
    return callOperation(operation, fake.context, input);
  };
  const taskOf = (started: Loose) => new URL(started.connect_url).searchParams.get("task_id");
  const approve = (started: Loose) => emulator.act({ action: "approve_binding", task_id: taskOf(started), as: "bob" });
  return { emulator, home, run, approve, taskOf, ...fake };
}

const noWindows = process.platform === "win32" ? it.skip : it;

describe("binding by QR code", () => {
  it("writes the secret to the data folder and shows it to nobody", async () => {
    const { emulator, home, run, approve, audit } = await stage();
    const started = await run("start_binding");
    expect(started.qr_text).toContain("█");
    expect(await run("poll_binding", { task_ref: started.task_ref })).toEqual({ status: "pending", saved: false });
    approve(started);
    const done = await run("poll_binding", { task_ref: started.task_ref });
    const { appId, appSecret } = emulator.app;
    expect(done).toMatchObject({
      status: "completed",
      app_id: appId,
      saved: true,
      saved_to: join(home, "credentials.json"),
    });
    expect(emulator.identitiesOf("bob")).toContain(done.owner_openid);
    expect(JSON.stringify([started, done, audit, emulator.frames()])).not.toContain(appSecret);
    expect(readCredentials(home)).toEqual({ app_id: appId, app_secret: appSecret, owner_openid: done.owner_openid });
    await expect(run("poll_binding", { task_ref: started.task_ref })).rejects.toMatchObject({ field: "task_ref" });
  });

  noWindows("lets only its owner read the file", async () => {
    const { home, run, approve } = await stage();
    const started = await run("start_binding");
    approve(started);
    const { saved_to: path } = await run("poll_binding", { task_ref: started.task_ref });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  it("asks every 2 seconds while it may wait", async () => {
    const { run, approve, clock, emulator } = await stage();
    const started = await run("start_binding");
    const polling = run("poll_binding", { task_ref: started.task_ref, wait_s: 20 });
    const polls = () => emulator.frames().filter(({ path }) => path === "/lite/poll_bind_result").length;
    await expect.poll(polls).toBe(1);
    approve(started);
    await clock.advance(2000);
    await expect(polling).resolves.toMatchObject({ status: "completed" });
    expect(polls()).toBe(2);
  });

  it("ends when the code has expired", async () => {
    const { run, emulator, approve } = await stage();
    const started = await run("start_binding");
    emulator.advance(11 * 60_000);
    expect(() => approve(started)).toThrow("expired");
    expect(await run("poll_binding", { task_ref: started.task_ref })).toEqual({ status: "expired", saved: false });
  });

  it("is confirmed on the page that the code leads to", async () => {
    const { run, taskOf, home, emulator } = await stage();
    const started = await run("start_binding", { source: "<我的>助手" });
    const page = await (await fetch(started.connect_url)).text();
    expect(page).toContain("&#60;我的&#62;助手");
    const body = new URLSearchParams({ task_id: taskOf(started) ?? "", as: "alice" });
    const url = `${emulator.url}/qqbot/openclaw/connect.html`;
    expect((await fetch(url, { method: "POST", body })).status).toBe(200);
    expect((await fetch(url, { method: "POST", body })).status).toBe(400);
    expect(await run("poll_binding", { task_ref: started.task_ref })).toMatchObject({ status: "completed" });
    expect(readCredentials(home)?.app_id).toBe(emulator.app.appId);
  });

  it("is refused by the platform for a key of another length and an unknown task", async () => {
    const { emulator } = await stage();
    const post = async (path: string, body: unknown) =>
      (await fetch(emulator.url + path, { method: "POST", body: JSON.stringify(body) })).json();
    expect(await post("/lite/create_bind_task", { key: "c2hvcnQ=" })).toMatchObject({ retcode: 1 });
    expect(await post("/lite/poll_bind_result", { task_id: "t-none" })).toMatchObject({ retcode: 1 });
    expect(await post("/lite/poll_bind_result", [])).toMatchObject({ retcode: 1 });
  });

  it("is for callers that may manage the bot", async () => {
    const operation = findOperation("start_binding");
    const { context } = fakeContext({ caller: { grants: new Set(["read", "send"]) } });
    if (operation)
      await expect(callOperation(operation, context, {})).rejects.toMatchObject({ name: "PermissionError" });
  });
});

describe("bound credentials", () => {
  const bound = { app_id: "102", app_secret: "bound-secret" };
  const settings = (home: string, env: Record<string, string> = {}) =>
    withCredentials(loadConfig({ env: { QQ_SKILL_HOME: home, ...env } }));

  it("are the weakest source, and count as a pair only", () => {
    const home = temporaryFolder();
    expect(settings(home).appId).toBeUndefined();
    saveCredentials(home, bound);
    expect(settings(home)).toMatchObject({ appId: "102", appSecret: "bound-secret" });
    expect(settings(home, { QQ_BOT_APP_ID: "102" })).toMatchObject({ appSecret: "bound-secret" });
    expect(settings(home, { QQ_BOT_APP_ID: "7" }).appSecret).toBeUndefined();
    expect(settings(home, { QQ_BOT_APP_ID: "7", QQ_BOT_APP_SECRET: "s" })).toMatchObject({
      appId: "7",
      appSecret: "s",
    });
    expect(settings(home, { QQ_BOT_APP_SECRET: "s" }).appId).toBeUndefined();
  });

  it("bring the owner who scanned and the policies of their own bot, below the settings", () => {
    const home = temporaryFolder();
    saveCredentials(home, { ...bound, owner_openid: "SCANNER" });
    saveTalkPolicy(home, "pairing");
    expect(settings(home)).toMatchObject({ owners: ["SCANNER"], talkPrivate: "pairing", talkGroups: "pairing" });
    expect(settings(home, { QQ_BOT_OWNERS: "c2c:ME", QQ_BOT_TALK_GROUPS: "off" })).toMatchObject({
      ...{ owners: ["c2c:ME", "SCANNER"], talkPrivate: "pairing", talkGroups: "off" },
    });
    const other = settings(home, { QQ_BOT_APP_ID: "7", QQ_BOT_APP_SECRET: "s" });
    expect([other.owners, other.talkPrivate]).toEqual([[], undefined]);
    saveTalkPolicy(home, "opne" as "open");
    expect(settings(home).talkPrivate).toBe("off");
  });

  it("keep the pair before: the platform cannot show a lost secret again", () => {
    const home = temporaryFolder();
    saveCredentials(home, bound);
    saveCredentials(home, { app_id: "103", app_secret: "newer" });
    expect(readCredentials(home)?.app_id).toBe("103");
    expect(readFileSync(join(home, "credentials.previous.json"), "utf8")).toContain("bound-secret");
  });

  it("that are damaged are named without being quoted", () => {
    const home = temporaryFolder();
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "credentials.json"), '{"app_id":"1","app_secret":"half-a-secr');
    expect(() => settings(home)).toThrow(/^(?!.*half-a).*credentials\.json cannot be read/s);
  });
});
