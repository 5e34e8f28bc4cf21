import { describe, expect, it } from "vitest";
import type { SayResult } from "../../src/emulator/people.ts";
import type { WorldView } from "../../src/emulator/world.ts";
import { Assistant } from "../kit/assistant.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { Program, platformVariables, run } from "../kit/processes.ts";

describe("without credentials", () => {
  it("the server starts and lists its tools; calls say what to set", async () => {
    const assistant = await Assistant.start(["--rights", "all"]);
    const tools = await assistant.tools();
    expect(tools.length).toBeGreaterThan(10);
    expect(tools.length).toBeLessThanOrEqual(20);
    for (const tool of tools) {
      expect(tool.name).toMatch(/^qq_[a-z_]+$/);
      expect(tool.outputSchema?.type, tool.name).toBe("object");
      expect(typeof tool.annotations?.readOnlyHint, tool.name).toBe("boolean");
    }
    for (const [name, input] of [
      ["qq_list_guilds", {}],
      ["qq_send_message", { scene: "group", id: "A".repeat(32), content: "hello" }],
      ["qq_subscribe_gateway", { action: "start" }],
      ["qq_wait_events", { timeout_s: 0 }],
    ] as const) {
      const { isError, text, data } = await assistant.call(name, input);
      expect(isError, name).toBe(true);
      expect(text, name).toContain("QQ_BOT_APP_ID");
      expect(data.error, name).toMatchObject({ code: "config", remedy: expect.stringMatching(/Set QQ_BOT_APP_ID/) });
    }
    expect((await assistant.call("qq_find_operations", { query: "撤回" })).text).toContain("recall_message");
  });

  it("the server is for reading; what else it could do says which setting allows it", async () => {
    const assistant = await Assistant.start([]);
    const tools = await assistant.tools();
    expect(tools.filter(({ annotations }) => !annotations?.readOnlyHint)).toEqual([]);
    const { text } = await assistant.call("qq_send_message", { scene: "group", id: "G", content: "hello" });
    expect(text).toContain("QQ_MCP_RIGHTS=read,send");
    expect((await assistant.call("qq_find_operations", { query: "send_message" })).text).toContain("needs right send");
  });

  it("a wrong secret is a result with the platform's code and a remedy", async () => {
    const emulator = await startTestEmulator();
    const env = { ...platformVariables(emulator), QQ_BOT_APP_SECRET: "not-the-secret" };
    const assistant = await Assistant.start([], env);
    const { isError, text, data } = await assistant.call("qq_list_guilds");
    expect(isError).toBe(true);
    expect(data.error.qq_code).toBe(100016);
    expect(data.error.remedy).toContain("QQ_BOT_APP_SECRET");
    expect(text + assistant.stderr).not.toContain("not-the-secret");
  });
});

describe("on the embedded local QQ", () => {
  it("an assistant finds its way to a channel, posts there, and takes it back", async () => {
    const assistant = await Assistant.start(["--emulator"]);
    const { guilds } = (await assistant.call("qq_list_guilds")).data;
    const world = await assistant.control<WorldView>("world");
    expect(guilds.map(({ id }: { id: string }) => id)).toEqual(world.guilds.map(({ id }) => id));
    const { channels } = (await assistant.call("qq_list_channels", { guild_id: guilds[0].id })).data;
    const board = channels.find(({ name }: { name: string }) => name === "公告");

    const place = { scene: "channel", id: board.id };
    const tooEarly = await assistant.call("qq_send_message", { ...place, content: "too early" });
    expect(tooEarly.data.error).toMatchObject({
      qq_code: 304018,
      remedy: expect.stringContaining("subscribe_gateway"),
    });
    await assistant.goLive();
    const sent = await assistant.call("qq_send_message", { ...place, content: "明天十点开会" });
    expect(sent.isError, sent.text).toBe(false);
    const [{ message_id, status, mode }] = sent.data.parts;
    expect({ status, mode }).toEqual({ status: "sent", mode: "active" });
    expect(await assistant.said("channel", board.id)).toMatchObject([{ id: message_id, content: "明天十点开会" }]);

    const found = await assistant.call("qq_find_operations", { query: "recall a channel message" });
    expect(found.data.operations.map(({ name }: { name: string }) => name)).toContain("recall_channel_message");
    const recall = { name: "recall_channel_message", input: { channel_id: board.name, message_id } };
    const plan = await assistant.call("qq_call_operation", recall);
    expect(plan.text).toContain(`- channel ${board.id} is called "${board.name}"`);
    expect((await assistant.said("channel", board.id))[0]?.recalled).not.toBe(true);
    const { confirm_code } = plan.data.result.confirmation;
    const recalled = await assistant.call("qq_call_operation", { ...recall, confirm: true, confirm_code });
    expect(recalled.isError, recalled.text).toBe(false);
    expect((await assistant.said("channel", board.id))[0]?.recalled).toBe(true);
  });

  it("bad calls are refused by field, and the server lives on", async () => {
    const assistant = await Assistant.start(["--emulator"]);
    const group = (await assistant.control<WorldView>("world")).groups[0]?.id ?? "";
    const place = { scene: "group", id: group };
    for (const [input, field] of [
      [{ ...place, content: "x", colour: "red" }, "colour"],
      [{ ...place, content: 7 }, "content"],
      [{ ...place, content: "  " }, "content"],
      [{ ...place, content: "长".repeat(15_001) }, "content"],
      [{ scene: "room", id: group, content: "x" }, "scene"],
      [{ scene: "group", content: "x" }, "id"],
    ] as const) {
      const { isError, data, text } = await assistant.call("qq_send_message", input);
      expect(isError, text).toBe(true);
      expect(text).toContain(field);
      expect(data.error.code, text).toBe("input");
      expect(data.error.remedy, text).toBeTruthy();
    }
    const unknown = await assistant.call("qq_call_operation", { name: "drop_everything", input: {} });
    expect(unknown.data.error.remedy).toContain("qq_find_operations");
    await expect(assistant.call("qq_no_such_tool")).rejects.toThrow(/qq_no_such_tool/);
    const wrongScene = await assistant.call("qq_send_message", { scene: "c2c", id: group, content: "hello" });
    expect(wrongScene.isError).toBe(true);
    expect(wrongScene.data.error.remedy, wrongScene.text).toBeTruthy();
    expect(await assistant.said("group", group)).toEqual([]);
    expect((await assistant.call("qq_send_message", { ...place, content: "fine" })).isError).toBe(false);
  });

  it("hears people after it subscribed, goes on from its cursor, and answers passively", async () => {
    const assistant = await Assistant.start(["--emulator"]);
    const group = (await assistant.control<WorldView>("world")).groups[0]?.id ?? "";
    const deaf = await assistant.call("qq_wait_events", { timeout_s: 0 });
    expect(deaf.data).toMatchObject({ events: [], gateway: { state: "stopped" } });
    expect(deaf.data.note).toContain("subscribe_gateway");

    const { cursor } = await assistant.goLive();
    const say = (content: string) =>
      assistant.control<SayResult>("say", { as: "alice", scene: "group", id: group, content, mention: true });
    const waiting = assistant.call("qq_wait_events", { cursor, timeout_s: 10 });
    const first = await say("听得到吗");
    const heard = (await waiting).data;
    expect(heard.events).toHaveLength(1);
    expect(heard.events[0]).toMatchObject({
      ...{ scene: "group", id: group, message_id: first.message_id },
      ...{ is_untrusted: true, sender: { name: "小林" } },
    });
    expect(heard.events[0].content).toContain("听得到吗");

    await say("第二句");
    const next = (await assistant.call("qq_wait_events", { cursor: heard.cursor, timeout_s: 10 })).data;
    expect(next.events.map(({ content }: { content: string }) => content.trim())).toEqual(["第二句"]);
    const none = (await assistant.call("qq_wait_events", { cursor: next.cursor, timeout_s: 0 })).data;
    expect(none.events).toEqual([]);
    const all = (await assistant.call("qq_list_events", { cursor })).data;
    expect(all.events).toHaveLength(2);

    const input = { scene: "group", id: group, content: "听得到", msg_id: first.message_id };
    const [part] = (await assistant.call("qq_send_message", input)).data.parts;
    expect(part).toMatchObject({ mode: "passive", msg_seq: 1 });
    expect(await assistant.said("group", group)).toMatchObject([{ msg_id: first.message_id, msg_seq: 1 }]);

    const stopped = (await assistant.call("qq_subscribe_gateway", { action: "stop" })).data;
    expect(stopped.state).toBe("stopped");
    await say("没人听");
    const { events } = (await assistant.call("qq_wait_events", { cursor: next.cursor, timeout_s: 0 })).data;
    expect(events).toEqual([]);
  });
});

describe("a start that cannot work", () => {
  it.each([
    [["--colour"], {}, /unknown option '--colour'/],
    [[], { QQ_BOT_APP_ID: "abc" }, /QQ_BOT_APP_ID/],
  ])("with %j %j exits 2 and says why", async (args, env, says) => {
    const { code, stdout, stderr } = await run(["mcp", ...args], { env });
    expect(stderr).toMatch(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("the pipe", () => {
  const lines = [
    {
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "pipe", version: "1" } },
    },
    { method: "notifications/initialized" },
    { id: 2, method: "tools/list", params: {} },
    { id: 3, method: "tools/call", params: { name: "qq_list_guilds", arguments: {} } },
  ];

  it("carries protocol lines only, answers what came before its end, and its end is the process's end", async () => {
    const server = new Program(["mcp", "--emulator"], { env: { QQ_SKILL_LOG: "trace" } });
    server.write(lines.map((line) => `${JSON.stringify({ jsonrpc: "2.0", ...line })}\n`).join(""));
    await server.waitFor(/"id":3[\s\S]*\n/);
    const startedAt = performance.now();
    server.closeStdin();
    const { code, stdout, stderr } = await server.ended;
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map(({ jsonrpc, id }) => ({ jsonrpc, id }))).toEqual(
      [1, 2, 3].map((id) => ({ jsonrpc: "2.0", id })),
    );
    expect(answers[2].result.isError).toBeUndefined();
    expect(stderr).toContain("chat page");
  });

  it("that closes right after the question still gets the answer", async () => {
    const input = lines.map((line) => `${JSON.stringify({ jsonrpc: "2.0", ...line })}\n`).join("");
    const { code, stdout } = await new Program(["mcp"], { input }).ended;
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2, 3]);
  });

  it("gets a parse error for rubbish and goes on", async () => {
    const server = new Program(["mcp"]);
    server.write(`this is no JSON\n${JSON.stringify({ jsonrpc: "2.0", ...lines[0] })}\n`);
    await server.waitFor(/"id":1[\s\S]*\n/);
    for (const line of server.stdout.trimEnd().split("\n")) expect(JSON.parse(line).jsonrpc).toBe("2.0");
    const { code } = await server.stop("SIGTERM");
    expect(code).toBe(0);
  });
});
