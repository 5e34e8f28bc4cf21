import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import {
  cleanVariables,
  type Ended,
  Program,
  platformVariables,
  program,
  run,
  temporaryFolder,
  type Variables,
} from "../kit/processes.ts";
import { startStubApi, unusedPort } from "../kit/stub-api.ts";

/** What a person reads when it fails: one or more reasons, then what to do; nothing on stdout, no stack. */
function expectFailure({ code, stdout, stderr }: Ended, wanted: { code: number; says: RegExp | string }): void {
  expect(stderr).toMatch(wanted.says);
  expect(code, stderr).toBe(wanted.code);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error: /m);
  expect(stderr).not.toMatch(/^\s+at /m);
}

async function openPlatform() {
  const emulator = await startTestEmulator();
  const env: Variables = platformVariables(emulator);
  const group = emulator.world.groups[0]?.id ?? "";
  const call = (args: readonly string[], more: { env?: Variables; input?: string } = {}) =>
    run(["call", ...args], { ...more, env: { ...env, ...more.env } });
  return { emulator, env, group, call };
}

describe("a reader that has seen enough", () => {
  it("is not shown a stack", async () => {
    const child = spawn(process.execPath, [program, "operations", "--json"], {
      env: cleanVariables(temporaryFolder()),
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout.destroy();
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("outbox", () => {
  it("shows what was sent and what was refused, for people and as JSON", async () => {
    const { env, group, call } = await openPlatform();
    const home = temporaryFolder();
    const at = { scene: "group", id: group };
    const empty = await run(["outbox"], { env, home });
    expect(empty).toMatchObject({ code: 0, stdout: "nothing was sent in the last seven days\n" });
    await run(["call", "send_message", "--json", JSON.stringify({ ...at, content: "早上好" })], { env, home });
    const late = { ...at, content: "晚了", msg_id: "ROBOT1.0_nobody" };
    await run(
      [
        "call",
        "send_group_message",
        "--json",
        JSON.stringify({ group_openid: group, msg_type: 0, content: late.content, msg_id: late.msg_id }),
      ],
      { env, home },
    );
    const [shown, json] = await Promise.all([run(["outbox"], { env, home }), run(["outbox", "--json"], { env, home })]);
    expect(shown.stdout).toMatch(
      /refused; replies used 0 of 5, \d+ s left\n {4}晚了\n {4}part 1\/1 {2}refused \(40034024: /,
    );
    expect(shown.stdout).toMatch(/group:\S+ {2}delivered\n {4}早上好\n {4}part 1\/1 {2}delivered {2}ROBOT1\.0_/);
    const { messages } = JSON.parse(json.stdout);
    expect(messages.map(({ status, text }: Record<string, string>) => [status, text])).toEqual([
      ["refused", "晚了"],
      ["delivered", "早上好"],
    ]);
    expect((await call(["list_outbox"])).code).toBe(0);
  });
});

describe("the command itself", () => {
  it("tells its version and its help", async () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    const [version, help, callHelp] = await Promise.all([run(["--version"]), run(["--help"]), run(["call", "--help"])]);
    expect(version).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
    expect(help.code).toBe(0);
    for (const name of ["playground", "bot", "mcp", "emulator", "call", "operations", "outbox", "doctor"])
      expect(help.stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(callHelp.stdout).toContain("QQ_BOT_APP_ID");
    expect(callHelp.stdout).not.toContain("--app-secret");
  });

  it.each([
    [["dance"], /unknown command 'dance'/],
    [["bot", "--fast"], /unknown option '--fast'/],
    [["operations", "extra"], /too many arguments/],
    [["call"], /missing required argument/],
    [["emulator", "--webhook", "https://bot.example.com/"], /only http addresses of this machine/],
    [[], /Usage: qq-skill/],
  ])("%j is bad input", async (args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(says);
  });

  it("tells an old Node so in one line of two languages", () => {
    const script = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.1" } });
      require(${JSON.stringify(program)});`;
    const options = { env: cleanVariables(temporaryFolder()), encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script], options);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/需要 Node\.js 22\.19.*20\.11\.1.*needs Node\.js 22\.19/);
  });
});

describe("operations", () => {
  it("as JSON have every field that other programs read", async () => {
    const { code, stdout, stderr } = await run(["operations", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(["send_message", "list_guilds", "get_member"]));
    for (const row of rows) {
      const { name, title, summary, toolset, permission, scope, method, path, input, output, docs } = row;
      expect(name).toMatch(/^[a-z0-9]+(_[a-z0-9]+)+$/);
      for (const text of [title, summary, toolset, scope]) expect(text, String(name)).toMatch(/\S/);
      expect(["read", "send", "manage", "destroy"], String(name)).toContain(permission);
      expect(docs, String(name)).toMatch(/^https:\/\//);
      for (const schema of [input, output]) expect(schema, String(name)).toMatchObject({ type: "object" });
      if (method === null) expect(path, String(name)).toBeNull();
      else expect(`${method} ${path}`, String(name)).toMatch(/^(GET|POST|PUT|PATCH|DELETE) \/\S+$/);
    }
  });

  it("as text are one line each", async () => {
    const { stdout } = await run(["operations"]);
    expect(stdout).toMatch(/^send_message\s+send\s+\S/m);
  });
});

describe("call", () => {
  it("takes flags, JSON, and JSON on stdin, and prints JSON alone", async () => {
    const { emulator, group, call } = await openPlatform();
    const place = { scene: "group", id: group };
    const results = [
      await call(["send_message", "--scene", "group", `--id=${group}`, "--content", "by flags"]),
      await call(["send_message", "--json", JSON.stringify({ ...place, content: "by JSON" })]),
      await call(["send_message", "-"], { input: JSON.stringify({ ...place, content: "从 stdin" }) }),
      await call(["send_message", "--json", "-"], { input: JSON.stringify({ ...place, content: "by dash" }) }),
    ];
    for (const { code, stdout, stderr } of results) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ ...place, parts: [{ status: "sent", mode: "active" }] });
    }
    const said = emulator.messages({ scene: "group", id: group });
    expect(said.map(({ from, content }) => `${from}: ${content}`)).toEqual([
      "bot: by flags",
      "bot: by JSON",
      "bot: 从 stdin",
      "bot: by dash",
    ]);
  });

  it("refuses bad input by its name, before anything is sent", async () => {
    const { emulator, group, call } = await openPlatform();
    const send = (input: object) => ["send_message", "--json", JSON.stringify({ scene: "group", id: group, ...input })];
    const cases: [args: string[], says: RegExp, input?: string][] = [
      [["no_such_operation"], /no operation "no_such_operation"[\s\S]*qq-skill operations/],
      [["send_message", "--json", "{broken"], /not valid JSON/],
      [["send_message", "-"], /not valid JSON/, "rubbish"],
      [["send_message", "--json", "[]"], /one JSON object/],
      [["list_guilds", "--json", "{}", "--limit", "3"], /--limit cannot be combined/],
      [["list_guilds", "3"], /"3" is not a flag[\s\S]*--limit/],
      [["list_guilds", "--limit"], /--limit needs a value/],
      [["list_guilds", "--limit", "many"], /limit/],
      [["list_guilds", "--colour", "red"], /unknown field colour/],
      [send({ content: "x", colour: "red" }), /unknown field colour/],
      [send({ content: " " }), /nothing to send/],
      [send({ content: 7 }), /content/],
      [send({ content: "长".repeat(15_001) }), /content/],
      [["send_message", "--scene", "room", "--id", "1", "--content", "x"], /scene/],
      [["subscribe_gateway", "--action", "start"], /cannot hold a connection/],
    ];
    const ended = await Promise.all(cases.map(([args, , input]) => call(args, input === undefined ? {} : { input })));
    for (const [index, [, says]] of cases.entries()) {
      expectFailure(ended[index] as Ended, { code: 2, says });
      expect(ended[index]?.stderr).toContain("to do:");
    }
    expect(
      emulator
        .frames()
        .filter(({ kind, method, path }) => kind === "rest" && method === "POST" && path !== "/app/getAppAccessToken"),
    ).toEqual([]);
  });

  it("quotes the platform's refusal with its code, a remedy and the trace id", async () => {
    const { emulator, group, call } = await openPlatform();
    const heard = emulator.say({ as: "alice", scene: "group", id: group, content: "hello" });
    const reply = (msg_id: string) => [
      "send_group_message",
      "--json",
      JSON.stringify({ group_openid: group, msg_type: 0, content: "hi", msg_id, msg_seq: 1 }),
    ];
    const silent = await call(reply(heard.message_id));
    expectFailure(silent, { code: 1, says: /40034024/ });
    const stranger = await call(["send_message", "--scene", "c2c", "--id", group, "--content", "x"]);
    expectFailure(stranger, { code: 1, says: /\(code \d+/ });
    for (const { stderr } of [silent, stranger]) expect(stderr).toMatch(/to do: \S[\s\S]*trace id: \S/);
  });

  it("refuses a reply after its window, and one message too many", async () => {
    const { emulator, group, call } = await openPlatform();
    const bot = new Program(["mcp"], { env: platformVariables(emulator) });
    const start = { name: "qq_subscribe_gateway", arguments: { action: "start" } };
    const clientInfo = { name: "journey", version: "1" };
    for (const line of [
      { id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo } },
      { method: "notifications/initialized" },
      { id: 2, method: "tools/call", params: start },
    ])
      bot.write(`${JSON.stringify({ jsonrpc: "2.0", ...line })}\n`);
    await expect.poll(() => emulator.isBotConnected(), { timeout: 10_000 }).toBe(true);
    const { message_id } = emulator.say({ as: "alice", scene: "group", id: group, content: "hello", mention: true });
    const reply = (msg_seq: number) =>
      call([
        ...["send_group_message", "--json"],
        JSON.stringify({ group_openid: group, msg_type: 0, content: "hi", msg_id: message_id, msg_seq }),
      ]);
    expect((await reply(1)).code).toBe(0);
    expectFailure(await reply(1), { code: 1, says: /40054005/ });
    const codes = await Promise.all([2, 3, 4, 5].map(async (seq) => (await reply(seq)).code));
    expect(codes).toEqual([0, 0, 0, 0]);
    expectFailure(await reply(6), { code: 1, says: /40034128/ });
    emulator.advance(301_000);
    const late = await reply(7);
    expectFailure(late, { code: 1, says: /40034005/ });
    expect(late.stderr).toContain("to do:");
  });

  it("says which setting is wrong when nothing can be reached or nobody is let in", async () => {
    const { call } = await openPlatform();
    const nowhere = `http://127.0.0.1:${await unusedPort()}`;
    const html = await startStubApi({ "/users/@me/guilds": { status: 502, body: "<html>Bad Gateway</html>" } });
    const [noApi, noTokens, wrongSecret, nothing, noJson] = await Promise.all([
      call(["list_guilds"], { env: { QQ_BOT_API_BASE: nowhere } }),
      call(["list_guilds"], { env: { QQ_BOT_TOKEN_URL: `${nowhere}/app/getAppAccessToken` } }),
      call(["list_guilds"], { env: { QQ_BOT_APP_SECRET: "not-the-secret" } }),
      run(["call", "list_guilds"]),
      run(["call", "list_guilds"], { env: html.variables }),
    ]);
    for (const { code, stdout } of [noApi, noTokens, wrongSecret, noJson])
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(noApi.stderr).toContain("QQ_BOT_API_BASE");
    expect(noTokens.stderr).toContain("QQ_BOT_TOKEN_URL");
    expect(wrongSecret.stderr).toMatch(/100016[\s\S]*QQ_BOT_APP_SECRET/);
    expect(wrongSecret.stderr).not.toContain("not-the-secret");
    expect(noJson.stderr).toContain("502");
    expectFailure(nothing, { code: 2, says: /QQ_BOT_APP_ID, QQ_BOT_APP_SECRET/ });
  });
});

describe("audit", () => {
  it("shows what was called and what was refused, without secrets, newest last", async () => {
    const { env } = await openPlatform();
    const home = temporaryFolder();
    const went = await run(["call", "list_guilds"], { env, home });
    const refused = await run(["call", "oauth_me", "--access_token", "SECRETSECRET1"], { env, home });
    expect([went.code, refused.code === 0]).toEqual([0, false]);
    const { stdout } = await run(["audit", "--json", "--limit", "5"], { env, home });
    expect(JSON.parse(stdout)).toEqual([
      { ...facts("list_guilds"), outcome: "ok", input: { limit: 50 } },
      {
        ...facts("oauth_me"),
        outcome: expect.any(String),
        input: expect.objectContaining({ access_token: "[redacted]" }),
      },
    ]);
    const text = await run(["audit", "--limit", "1"], { env, home });
    expect(text.stdout).toMatch(/^\S+Z {2}cli {2}oauth_me {2}bot {2}[a-z_\d]+ {2}\{.*\}\n$/);
    expectFailure(await run(["audit", "--limit", "many"], { env, home }), { code: 2, says: "--limit" });
  });

  const facts = (operation: string) => ({ at: expect.stringMatching(/Z$/), caller: "cli", operation, scope: "bot" });
});

describe("settings", () => {
  it("that are wrong are listed all at once, by the name under which they were given", async () => {
    const env = { QQ_BOT_APP_ID: "abc", QQ_BOT_API_BASE: "ftp://x", QQ_BOT_PACING: "fast", QQ_SKILL_LOG: "loud" };
    const ended = await run(["bot", "--limits", "some"], { env });
    for (const name of [...Object.keys(env), "--limits"])
      expect(ended.stderr).toMatch(new RegExp(`^error: ${name}: `, "m"));
    expectFailure(ended, { code: 2, says: /to do: / });
  });

  it("come from flags, then variables, then .env, then the file", async () => {
    const emulator = await startTestEmulator();
    const { QQ_BOT_APP_ID, QQ_BOT_APP_SECRET, QQ_BOT_API_BASE, QQ_BOT_TOKEN_URL } = platformVariables(emulator);
    const nowhere = `http://127.0.0.1:${await unusedPort()}`;
    const home = temporaryFolder();
    const file = join(home, "settings.json");
    const fromFile = { appId: QQ_BOT_APP_ID, appSecret: QQ_BOT_APP_SECRET, apiBase: nowhere, tokenUrl: nowhere };
    writeFileSync(file, JSON.stringify(fromFile));
    writeFileSync(join(home, ".env"), `QQ_BOT_TOKEN_URL=${nowhere}\nQQ_BOT_API_BASE=${QQ_BOT_API_BASE}/\n`);
    const env = { QQ_SKILL_CONFIG: file, QQ_BOT_TOKEN_URL };
    expect(await run(["call", "list_guilds"], { env, home })).toMatchObject({ code: 0, stderr: "" });
    const byFlag = await run(["doctor", "--json", "--api-base", nowhere], { env, home });
    expect(byFlag.code).toBe(1);
  });

  it("in a file that is missing, broken or holds unknown names are refused with its path", async () => {
    const home = temporaryFolder();
    const file = (name: string, text: string) => {
      writeFileSync(join(home, name), text);
      return join(home, name);
    };
    const cases: [path: string, says: RegExp][] = [
      [join(home, "missing.json"), /QQ_SKILL_CONFIG.*missing\.json cannot be read/],
      [file("broken.json", "{"), /broken\.json is not valid JSON/],
      [file("list.json", "[]"), /list\.json must hold one JSON object/],
      [file("odd.json", '{"appID":"1"}'), /unknown setting "appID"/],
    ];
    const ended = await Promise.all(cases.map(([path]) => run(["bot"], { env: { QQ_SKILL_CONFIG: path }, home })));
    for (const [index, [, says]] of cases.entries()) expectFailure(ended[index] as Ended, { code: 2, says });
  });
});

describe("emulator", () => {
  it("prints variables with which any bot finds it and its demo model", async () => {
    const emulator = new Program(["emulator", "--port", "0"]);
    await emulator.waitFor(/token=/);
    emulator.closeStdin();
    const lines = [...emulator.stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]);
    const env = Object.fromEntries(lines) as Record<string, string>;
    const bot = new Program(["bot"], { env });
    await bot.waitFor(/connected/);
    expect((await bot.stop()).code).toBe(0);
    const { code, tookMs } = await emulator.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(5000);
  });
});
