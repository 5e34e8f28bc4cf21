import { describe, expect, it } from "vitest";
import { apiBaseOf, isLocalQq, loadConfig, settings } from "../../../src/config/load.ts";
import { ConfigError } from "../../../src/core/errors.ts";

describe("loadConfig", () => {
  it("takes flags over environment over file over defaults", () => {
    const file = { path: "qq.json", content: { log: "warn", busy: "merge", pacing: "off" } };
    const config = loadConfig({ file, env: { QQ_SKILL_LOG: "error", QQ_BOT_BUSY: "latest" }, flags: { log: "debug" } });
    expect([config.log, config.busy, config.pacing, config.limits]).toEqual(["debug", "latest", "off", "on"]);
  });

  it("treats an empty variable as not set", () => {
    expect(loadConfig({ env: { QQ_BOT_APP_ID: "  ", QQ_SKILL_LOG: "" } })).toMatchObject({ log: "info" });
  });

  it("lists every problem at once, naming setting, allowed words and source", () => {
    const file = { path: "qq.json", content: { colour: "red", limits: "maybe" } };
    const load = () =>
      loadConfig({ file, env: { QQ_BOT_APP_ID: "abc", QQ_BOT_API_BASE: "ftp://x", QQ_BOT_BUSY: "drop" } });
    expect(load).toThrow(ConfigError);
    try {
      load();
    } catch (error) {
      const text = (error as ConfigError).message;
      for (const part of [
        "QQ_BOT_APP_ID",
        "QQ_BOT_API_BASE",
        "QQ_BOT_BUSY",
        "queue, merge, latest",
        '"colour"',
        "QQ_BOT_LIMITS",
      ]) {
        expect(text).toContain(part);
      }
      expect(text.split("\n")).toHaveLength(5);
    }
  });

  it("knows wrong rules about conversations", () => {
    const load = (rules: unknown) => () => loadConfig({ env: { QQ_BOT_CONVERSATIONS: JSON.stringify(rules) } });
    const rules = { "*": { mode: "all" }, "group:7A1C": { wakeWords: ["小助手"], quietHours: "23:00-07:00" } };
    expect(load(rules)().conversations).toEqual(rules);
    expect(loadConfig({ env: {} }).conversations).toEqual({});
    expect(load({ room: {} })).toThrow("QQ_BOT_CONVERSATIONS: room must be one of *, c2c:*");
    expect(load({ "*": { mode: "loud" } })).toThrow(/QQ_BOT_CONVERSATIONS: \*\.mode .*"mention"/);
    expect(load({ "*": { modus: "all" } })).toThrow("modus");
    expect(load({ "*": { quietHours: "23-7" } })).toThrow("must be from-to");
    expect(() => loadConfig({ env: { QQ_BOT_CONVERSATIONS: "{" } })).toThrow("must be a JSON object");
  });

  it("knows wrong rights and places, and takes an empty list of places for a slip", () => {
    const load = (env: Record<string, string>) => () => loadConfig({ env });
    expect(load({ QQ_MCP_RIGHTS: "read,write" })).toThrow(/QQ_MCP_RIGHTS: write: must be among read, send/);
    expect(load({ QQ_MCP_WRITE_TARGETS: "group:A,grp:B" })).toThrow(/QQ_MCP_WRITE_TARGETS: grp:B: must be c2c:ID/);
    expect(load({ QQ_MCP_WRITE_TARGETS: " , " })).toThrow(/names no place/);
    expect(loadConfig({ env: { QQ_MCP_READ_TARGETS: "guild:1, dms:2" } }).mcpReadTargets).toEqual(["guild:1", "dms:2"]);
  });

  it("tells a local QQ by everything that is configured", () => {
    const local = { QQ_BOT_API_BASE: "http://127.0.0.1:7717" };
    const isLocal = (env: Record<string, string>) => isLocalQq(loadConfig({ env }));
    expect(isLocal(local)).toBe(true);
    expect(isLocal({ QQ_BOT_API_BASE: "http://localhost" })).toBe(true);
    expect(isLocal({})).toBe(false);
    expect(isLocal({ QQ_BOT_API_BASE: "http://127.0.0.1.example.com" })).toBe(false);
    expect(isLocal({ ...local, QQ_MINI_APP_ID: "1" })).toBe(false);
    expect(isLocal({ ...local, QQ_MINI_APP_ID: "1", QQ_MINI_BASE: "http://[::1]:1" })).toBe(true);
  });

  it("knows a wrong event name before anything starts, and names the right ones", () => {
    const load = () => loadConfig({ env: { QQ_BOT_INTENTS: "GUILDS,FOO" } });
    expect(load).toThrow(/QQ_BOT_INTENTS.*does not know "FOO".*PUBLIC_GUILD_MESSAGES/s);
    expect(loadConfig({ env: { QQ_BOT_INTENTS: "guilds, 1073741824" } }).intents).toBe("guilds, 1073741824");
  });

  it("reads several bots from the file or from one variable, each AppID once", () => {
    const own = { owners: ["c2c:A"], mode: "all", webhookPath: "/a" };
    const accounts = { a: { appId: "1", appSecret: "s", sandbox: true, ...own }, b: { appId: "2", appSecret: "t" } };
    const file = { path: "qq.json", content: { accounts } };
    expect(loadConfig({ env: {}, file }).accounts).toEqual(accounts);
    expect(loadConfig({ env: { QQ_BOT_ACCOUNTS: JSON.stringify(accounts) } }).accounts).toEqual(accounts);
    const twice = JSON.stringify({ ...accounts, c: accounts.a });
    expect(() => loadConfig({ env: { QQ_BOT_ACCOUNTS: twice } })).toThrow(/QQ_BOT_ACCOUNTS: two of them have the same/);
    const badName = JSON.stringify({ "a b": accounts.a, c: { appId: "3" } });
    const load = () => loadConfig({ env: { QQ_BOT_ACCOUNTS: badName } });
    expect(load).toThrow(/QQ_BOT_ACCOUNTS: a b must be a name of letters/);
    expect(load).toThrow(/QQ_BOT_ACCOUNTS: c\.appSecret is missing/);
  });

  it("says what an empty list lacks", () => {
    const flags = { mcpReadTargets: "" };
    expect(() => loadConfig({ env: {}, flags })).toThrow(/--read-targets: must be words, separated by commas/);
  });

  it("never shows the value of a wrong secret", () => {
    const env = { QQ_BOT_APP_SECRET: "topsecretvalue", QQ_BOT_APP_ID: "x" };
    expect(() => loadConfig({ env })).toThrow(/^(?!.*topsecretvalue)/s);
  });

  it("reads switches, lists and lower-case proxy variables", () => {
    const config = loadConfig({
      env: { QQ_BOT_SANDBOX: "on", QQ_BOT_OWNERS: " A1, B2 ,", https_proxy: "http://proxy:3128/" },
    });
    expect(config).toMatchObject({ sandbox: true, owners: ["A1", "B2"], httpsProxy: "http://proxy:3128" });
    expect(() => loadConfig({ env: { QQ_BOT_SANDBOX: "perhaps" } })).toThrow(/QQ_BOT_SANDBOX/);
  });

  it("prefers an explicit base to the sandbox and drops trailing slashes", () => {
    expect(apiBaseOf(loadConfig({ env: { QQ_BOT_SANDBOX: "1" } }))).toBe("https://sandbox.api.sgroup.qq.com");
    expect(apiBaseOf(loadConfig({ env: { QQ_BOT_SANDBOX: "1", QQ_BOT_API_BASE: "http://127.0.0.1:7717/" } }))).toBe(
      "http://127.0.0.1:7717",
    );
    expect(apiBaseOf(loadConfig({ env: {} }))).toBe("https://api.bot.qq.com");
  });
});

describe("settings", () => {
  it("gives every setting a variable and a description, and no flag to a secret", () => {
    for (const setting of settings()) {
      expect(setting.env, setting.key).toMatch(/^[A-Z][A-Z_]+$/);
      expect(setting.description, setting.key).not.toBe("");
      if (setting.secret) expect(setting.flag, setting.key).toBeUndefined();
    }
  });
});
