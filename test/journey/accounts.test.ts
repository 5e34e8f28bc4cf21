import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { cleanVariables, program, run, temporaryFolder } from "../kit/processes.ts";

/** Two platforms with a bot each, and a settings file that names both. */
async function twoBots() {
  const [shop, club] = await Promise.all([
    startTestEmulator({ appId: "102000011", appSecret: "shop-secret-value" }),
    startTestEmulator({ appId: "102000012", appSecret: "club-secret-value" }),
  ]);
  const entryOf = ({ app, url, tokenUrl }: typeof shop) => ({ ...app, apiBase: url, tokenUrl });
  const home = temporaryFolder();
  const file = join(home, "qq.json");
  writeFileSync(file, JSON.stringify({ accounts: { shop: entryOf(shop), club: entryOf(club) }, settleMs: 0 }));
  return { shop, club, home, env: { QQ_SKILL_CONFIG: file } };
}

async function connect(home: string, env: Record<string, string>, args: readonly string[] = []) {
  const client = new Client({ name: "journey", version: "1.0.0" });
  const options = { command: process.execPath, args: [program, "mcp", ...args], cwd: home, stderr: "pipe" } as const;
  const transport = new StdioClientTransport({ ...options, args: [...options.args], env: cleanVariables(home, env) });
  let stderr = "";
  transport.stderr?.on("data", (text: Buffer) => {
    stderr += String(text);
  });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return {
    client,
    stderr: () => stderr,
    call: async (name: string, input: Record<string, unknown>) => {
      const { isError, structuredContent, content } = await client.callTool({ name, arguments: input });
      const text = (content as { text: string }[])[0]?.text ?? "";
      return { isError: isError === true, text, data: structuredContent as Record<string, unknown> };
    },
  };
}

describe("several bots", () => {
  it("are served by one process, each with its own platform, gateway and log, and never mixed up", async () => {
    const { shop, club, home, env } = await twoBots();
    const { client, call, stderr } = await connect(home, { ...env, QQ_SKILL_LOG: "debug" });
    const { tools } = await client.listTools();
    const send = tools.find(({ name }) => name === "qq_send_message");
    expect(send?.inputSchema.properties?.account).toMatchObject({ enum: ["shop", "club"] });

    const group = { scene: "group", id: shop.world.groups[0]?.id };
    expect((await call("qq_send_message", { ...group, content: "无名" })).text).toContain("account is missing");
    expect((await call("qq_send_message", { ...group, content: "店里", account: "shop" })).isError).toBe(false);
    await shop.waitForMessage({ scene: "group", id: group.id ?? "", matches: ({ content }) => content === "店里" });
    expect(club.frames(0).filter(({ kind }) => kind === "rest")).toEqual([]);

    for (const account of ["shop", "club"])
      expect((await call("qq_subscribe_gateway", { action: "start", account })).isError).toBe(false);
    const { id } = club.world.groups[0] ?? { id: "" };
    await expect
      .poll(async () => (await call("qq_subscribe_gateway", { action: "status", account: "club" })).data.state)
      .toBe("live");
    await club.control("say", { as: "alice", scene: "group", id, content: "只在俱乐部", mention: true });
    const heard = await call("qq_wait_events", { cursor: 0, timeout_s: 10, account: "club" });
    expect(heard.text).toContain("只在俱乐部");
    expect((await call("qq_list_events", { account: "shop" })).text).not.toContain("只在俱乐部");
    expect(stderr()).toMatch(/"account":"shop"/);
    expect(JSON.stringify([stderr(), heard])).not.toMatch(/(shop|club)-secret-value/);
  });

  it("are chosen on the command line by name; without one, or with a wrong one, nothing is sent", async () => {
    const { shop, club, home, env } = await twoBots();
    const call = (...args: string[]) => run(["call", "list_guilds", ...args], { env, home });
    const [named, unnamed, wrong] = await Promise.all([call("--account", "club"), call(), call("--account", "clb")]);
    expect(JSON.parse(named.stdout).guilds[0].id).toBe(club.world.guilds[0]?.id);
    expect(unnamed.stderr).toContain("there are several bots: shop, club");
    expect(wrong.stderr).toMatch(/there is no account "clb"; known: shop, club[\s\S]*such as club/);
    expect([named.code, unnamed.code, wrong.code]).toEqual([0, 2, 2]);
    expect(shop.frames(0)).toEqual([]);
    for (const command of ["outbox", "audit"]) {
      const [one, none] = await Promise.all([
        run([command, "--account", "club"], { env, home }),
        run([command], { env, home }),
      ]);
      expect([one.code, none.code], command).toEqual([0, 2]);
    }
  });

  it("refuse a second way of naming a bot, and never show what stands in the secret", async () => {
    const both = { QQ_BOT_ACCOUNTS: '{"a":{"appId":"1","appSecret":"s"}}', QQ_BOT_APP_ID: "102" };
    const wrong = [
      both,
      { QQ_BOT_ACCOUNTS: "{topsecretvalue" },
      { QQ_BOT_ACCOUNTS: '{"a":{"appId":"topsecretvalue"}}' },
    ];
    const ended = await Promise.all(
      wrong.map((env) => run(["call", "get_bot_profile"], { env, home: temporaryFolder() })),
    );
    expect(ended.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(ended[0]?.stderr).toContain("Keep one of the two ways");
    expect(ended[1]?.stderr).toContain("must be a JSON object: name -> {appId, appSecret}");
    expect(ended[2]?.stderr).toMatch(/QQ_BOT_ACCOUNTS: a.appId must be digits only/);
    expect(JSON.stringify(ended)).not.toContain("topsecretvalue");
  });
});

describe("a choice that cannot be", () => {
  it("ends the start with exit 2 and the nearest names", async () => {
    const env = { QQ_MCP_TOOLSETS: "gruop", QQ_MCP_READ_ONLY: "yes" };
    const { code, stderr, stdout } = await run(["mcp", "--exclude-tools", "qq_send_mesage"], {
      env,
      home: temporaryFolder(),
    });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/QQ_MCP_TOOLSETS: there is no "gruop"; nearest: group/);
    expect(stderr).toMatch(/QQ_MCP_EXCLUDE_TOOLS: there is no "send_mesage"; nearest: send_message/);
  });
});
