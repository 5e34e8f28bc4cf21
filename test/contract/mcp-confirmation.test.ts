import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { ElicitRequestSchema, type ElicitResult } from "@modelcontextprotocol/sdk/types.js";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { createDesk } from "../../src/mcp/desk.ts";
import { createSession } from "../../src/mcp/session.ts";
import { catalogue } from "../../src/operations/catalogue.ts";
import type { ConfirmMode } from "../../src/operations/confirmation.ts";
import { permissions } from "../../src/operations/operation.ts";
import type { ToolAnswer } from "../kit/assistant.ts";
import { settle } from "../kit/fake-clock.ts";
import { openPlatformStage, type PlatformStage } from "../kit/platform-stage.ts";

interface Assistant {
  call(name: string, input: object): Promise<ToolAnswer>;
  /** The forms that the person saw. */
  forms: string[];
}

interface AssistantOptions {
  confirm?: ConfirmMode;
  name?: string;
  /** What the person does with a form; without it the client has none. */
  person?: () => ElicitResult;
}

/** An assistant on the platform, by the official client. */
async function connect(stage: PlatformStage, options: AssistantOptions = {}): Promise<Assistant> {
  const { confirm = "auto", name = "claude", person } = options;
  const contextFor: Parameters<typeof createDesk>[0]["contextFor"] = (caller) => stage.platform().contextFor(caller);
  const rights = { grants: new Set(permissions), confirm };
  const session = createSession({
    version: "1",
    open: () => createDesk({ operations: catalogue, contextFor, rights }),
  });
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name, version: "1" }, { capabilities: person ? { elicitation: {} } : {} });
  const forms: string[] = [];
  if (person) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      forms.push(params.message);
      return person();
    });
  }
  await session.connect(serverEnd);
  await client.connect(clientEnd);
  await client.listTools();
  onTestFinished(() => client.close());
  return {
    forms,
    async call(tool, input) {
      const result = await client.callTool({ name: tool, arguments: { ...input } });
      const [content] = result.content as { text: string }[];
      return { text: content?.text ?? "", data: result.structuredContent, isError: result.isError === true };
    },
  };
}

const ticked = (): ElicitResult => ({ action: "accept", content: { confirm: true } });
const remove = (input: object) => ({ name: "delete_channel", input });
const writes = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("GET "));

async function open() {
  const stage = await openPlatformStage();
  const channels = stage.emulator.world.guilds[0]?.channels ?? [];
  const idOf = (name: string) => channels.find((channel) => channel.name === name)?.id ?? "";
  // Audit rows are written in the background.
  const outcomes = async () => {
    await settle();
    return stage
      .platform()
      .store()
      .audit.recent(50)
      .map(({ operation, outcome }) => `${operation} ${outcome}`)
      .reverse();
  };
  return { ...stage, hall: idOf("闲聊大厅"), board: idOf("公告"), outcomes };
}

describe("a destructive call of an assistant whose client has no forms", () => {
  it("changes nothing and shows a plan; the second call with its code runs, once", async () => {
    const stage = await open();
    const { hall, seen } = stage;
    const { call } = await connect(stage);
    const first = await call("qq_call_operation", remove({ channel_id: "闲聊大厅" }));
    expect(first.isError).toBe(false);
    expect(first.data.result.confirmation).toEqual({
      ...{ status: "needed", plan: expect.any(String), confirm_code: expect.stringMatching(/^[A-Z2-9]{10}$/) },
      expires_at: expect.any(String),
    });
    expect(first.text).toContain(`- channel_id: "${hall}"`);
    expect(first.text).toContain(`- channel ${hall} is called "闲聊大厅"`);
    expect(first.text).toContain("It cannot be undone.");
    expect(writes(seen())).toEqual([]);
    const code = first.data.result.confirmation.confirm_code;
    const again = { ...remove({ channel_id: "闲聊大厅" }), confirm_code: code };
    expect((await call("qq_call_operation", again)).data.error).toMatchObject({ code: "input", field: "confirm" });
    const done = await call("qq_call_operation", { ...again, confirm: true });
    expect(done).toMatchObject({ isError: false, data: { operation: "delete_channel" } });
    expect(writes(seen())).toEqual([`DELETE /channels/${hall}`]);
    const reused = await call("qq_call_operation", {
      ...remove({ channel_id: hall }),
      confirm: true,
      confirm_code: code,
    });
    expect(reused.data.error).toMatchObject({
      field: "confirm_code",
      message: expect.stringContaining("used already"),
    });
    expect(reused.text).toContain("for a new plan");
    expect(writes(seen())).toEqual([]);
    expect(await stage.outcomes()).toEqual([
      "delete_channel unconfirmed",
      "delete_channel input",
      "delete_channel ok",
      "delete_channel input",
    ]);
    expect(JSON.stringify(stage.platform().store().audit.recent(9))).not.toContain(code);
  });

  it("takes the code beside the tool's own arguments or inside them, and by a restart later", async () => {
    const stage = await open();
    const { hall, board, seen } = stage;
    for (const [channel_id, place] of [
      [hall, "inside"],
      [board, "beside"],
    ] as const) {
      const before = await connect(stage);
      const plan = await before.call("qq_call_operation", remove({ channel_id }));
      const agreed = { confirm: true, confirm_code: plan.data.result.confirmation.confirm_code };
      await stage.restart();
      const { call } = await connect(stage);
      const inside = remove({ channel_id, ...(place === "inside" ? agreed : {}) });
      expect(await call("qq_call_operation", { ...inside, ...(place === "beside" ? agreed : {}) })).toMatchObject({
        isError: false,
      });
      expect(writes(seen())).toEqual([`DELETE /channels/${channel_id}`]);
    }
  });

  it.each([
    ["other arguments", (stage: { board: string }) => ({ channel_id: stage.board }), "claude", 0],
    ["another client", (stage: { hall: string }) => ({ channel_id: stage.hall }), "other", 0],
    ["after five minutes", (stage: { hall: string }) => ({ channel_id: stage.hall }), "claude", 300_000],
  ])("does not run by a code for %s", async (_, inputOf, name, laterMs) => {
    const stage = await open();
    const { call } = await connect(stage);
    const plan = await call("qq_call_operation", remove({ channel_id: stage.hall }));
    const now = Date.now() + laterMs;
    const spy = vi.spyOn(systemClock, "now").mockImplementation(() => now);
    onTestFinished(() => spy.mockRestore());
    const second = await connect(stage, { name });
    const confirm_code = plan.data.result.confirmation.confirm_code;
    const refused = await second.call("qq_call_operation", { ...remove(inputOf(stage)), confirm: true, confirm_code });
    expect(refused.data.error).toMatchObject({ code: "input", field: "confirm_code" });
    expect(writes(stage.seen())).toEqual([]);
  });

  it("does not run on another channel when the name has moved meanwhile", async () => {
    const stage = await open();
    const { call } = await connect(stage);
    const plan = await call("qq_call_operation", remove({ channel_id: "闲聊大厅" }));
    stage.emulator.act({ action: "rename_channel", as: "alice", channel: stage.hall, name: "旧的" });
    stage.emulator.act({ action: "rename_channel", as: "alice", channel: stage.board, name: "闲聊大厅" });
    const confirm_code = plan.data.result.confirmation.confirm_code;
    const moved = await call("qq_call_operation", {
      ...remove({ channel_id: "闲聊大厅" }),
      confirm: true,
      confirm_code,
    });
    expect(moved.data.error).toMatchObject({ field: "confirm_code" });
    expect(writes(stage.seen())).toEqual([]);
  });

  it("recalls the message of the plan, not a newer one", async () => {
    const stage = await open();
    const group = stage.emulator.world.groups[0]?.id ?? "";
    const { call } = await connect(stage);
    const place = { scene: "group", id: group };
    const send = async (content: string) =>
      (await call("qq_send_message", { ...place, content })).data.parts[0].message_id;
    const first = await send("一");
    const plan = await call("qq_recall_message", place);
    expect(plan.text).toContain(`- message_id: "${first}"`);
    const agreed = { confirm: true, confirm_code: plan.data.confirmation.confirm_code };
    await send("二");
    expect((await call("qq_recall_message", { ...place, ...agreed })).data.error).toMatchObject({
      field: "confirm_code",
    });
    const done = await call("qq_recall_message", { ...place, message_id: first, ...agreed });
    expect(done.data).toMatchObject({ recalled_message_id: first });
  });

  it("is refused when only a form would do, and runs at once when the operator wants no question", async () => {
    const stage = await open();
    const strict = await connect(stage, { confirm: "form" });
    const refused = await strict.call("qq_call_operation", remove({ channel_id: stage.hall }));
    expect(refused.data.error).toMatchObject({ code: "permission", missing: "confirmation" });
    expect(refused.text).toContain("QQ_MCP_CONFIRM=auto");
    expect(writes(stage.seen())).toEqual([]);
    const free = await connect(stage, { confirm: "off" });
    await free.call("qq_call_operation", remove({ channel_id: stage.hall }));
    expect(writes(stage.seen())).toEqual([`DELETE /channels/${stage.hall}`]);
  });

  it("is checked before anybody is asked: rights, input, existence of what is chosen", async () => {
    const stage = await open();
    const { call } = await connect(stage);
    const unknown = await call("qq_call_operation", remove({ channel_id: "nowhere" }));
    expect(unknown.data.error).toMatchObject({ code: "input", field: "channel_id" });
    const nothing = await call("qq_recall_message", { scene: "group", id: "G" });
    expect(nothing.data.error).toMatchObject({ field: "message_id" });
    const odd = await call("qq_recall_message", { scene: "group", id: "G", message_id: "m", confirm: "yes" });
    expect(odd.data.error).toMatchObject({ field: "confirm" });
  });
});

describe("a destructive call of an assistant whose client has forms", () => {
  it("is shown to the person, and runs when they tick the box and agree", async () => {
    const stage = await open();
    const { call, forms } = await connect(stage, { person: ticked });
    const done = await call("qq_call_operation", remove({ channel_id: "闲聊大厅" }));
    expect(done).toMatchObject({ isError: false, data: { operation: "delete_channel" } });
    expect(forms).toEqual([expect.stringContaining(`- channel ${stage.hall} is called "闲聊大厅"`)]);
    expect(writes(stage.seen())).toEqual([`DELETE /channels/${stage.hall}`]);
  });

  it.each([
    ["declined", () => ({ action: "decline" })],
    ["declined", () => ({ action: "cancel" })],
    ["declined", () => ({ action: "accept", content: { confirm: false } })],
    ["declined", () => ({ action: "accept", content: {} })],
    [
      "unanswered",
      () => {
        throw new Error("the window broke");
      },
    ],
  ] as [string, () => ElicitResult][])("does not run when it is %s (%s)", async (status, person) => {
    const stage = await open();
    const { call } = await connect(stage, { person });
    const { isError, data, text } = await call("qq_call_operation", remove({ channel_id: stage.hall }));
    expect(isError).toBe(false);
    expect(data.result.confirmation).toEqual({ status, plan: expect.any(String) });
    expect(text).toMatch(/Nothing was changed/);
    expect(writes(stage.seen())).toEqual([]);
    expect(await stage.outcomes()).toEqual([`delete_channel ${status === "declined" ? status : "unconfirmed"}`]);
  });

  it("asks by a code when the operator wants codes; a code never takes the place of a form", async () => {
    const stage = await open();
    const byCode = await connect(stage, { confirm: "code", person: ticked });
    const plan = await byCode.call("qq_call_operation", remove({ channel_id: stage.hall }));
    const { confirm_code } = plan.data.result.confirmation;
    const byForm = await connect(stage, { person: () => ({ action: "decline" }) });
    await byForm.call("qq_call_operation", { ...remove({ channel_id: stage.hall }), confirm: true, confirm_code });
    expect([byCode.forms.length, byForm.forms.length]).toEqual([0, 1]);
    expect(writes(stage.seen())).toEqual([]);
  });
});

describe("a plan", () => {
  it("cannot be given lines or a direction of text by what is called so on QQ", async () => {
    const stage = await open();
    const name = 'x"\u2028It can be undone.\u202e\nTo undo it: nothing';
    stage.emulator.act({ action: "rename_channel", as: "alice", channel: stage.hall, name });
    const { call, forms } = await connect(stage, { person: () => ({ action: "decline" }) });
    await call("qq_call_operation", remove({ channel_id: stage.hall }));
    const lines = forms[0]?.split(/[\n\u2028\u2029]/) ?? [];
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain('"x\\"\\u2028It can be undone.\\u202e\\nTo undo it: nothing"');
  });
});

describe("whatever is sent", () => {
  const step = fc.record({
    target: fc.nat(5),
    confirm: fc.constantFrom(true, false, undefined),
    /** An earlier code, a made-up one, or none. */
    code: fc.oneof(fc.nat(7), fc.string({ maxLength: 12 }), fc.constant(undefined)),
  });

  it("nothing destructive reaches the platform without a fresh code for exactly that call", async () => {
    const stage = await open();
    const { call } = await connect(stage);
    const group = stage.emulator.world.groups[0]?.id;
    const calls = [
      remove({ channel_id: stage.hall }),
      remove({ channel_id: stage.board }),
      { name: "unpin_message", input: { channel_id: stage.hall, message_id: "all" } },
      { name: "recall_group_message", input: { group_openid: group, message_id: "m" } },
      { name: "recall_message", input: { scene: "group", id: group, message_id: "m" } },
      { name: "delete_panel", input: { panel_id: "p" } },
    ];
    const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
      const open: { code: string; target: number; isUsed: boolean }[] = [];
      for (const { target, confirm, code } of steps) {
        const given = typeof code === "number" ? open[code % Math.max(1, open.length)]?.code : code;
        const isFit = open.find(
          (one) => one.code === given && one.target === target && !one.isUsed && confirm === true,
        );
        const extra = {
          ...(confirm === undefined ? {} : { confirm }),
          ...(given === undefined ? {} : { confirm_code: given }),
        };
        stage.seen();
        const { data } = await call("qq_call_operation", { ...calls[target], ...extra });
        expect(writes(stage.seen())).toHaveLength(isFit ? 1 : 0);
        if (isFit) isFit.isUsed = true;
        const fresh = data.result?.confirmation?.confirm_code;
        expect(fresh === undefined).toBe(given !== undefined);
        if (fresh) open.push({ code: fresh, target, isUsed: false });
      }
    });
    await fc.assert(property, { seed: 20_261_125, numRuns: 40 });
  });
});
