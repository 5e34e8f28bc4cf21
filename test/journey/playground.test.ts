import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { MessageRow } from "../../src/emulator/chats.ts";
import type { Frame } from "../../src/emulator/frames.ts";
import type { WorldView } from "../../src/emulator/world.ts";
import type { Scene } from "../../src/protocol/scenes.ts";
import type { Trace } from "../../src/protocol/trace.ts";
import { eventually, Program } from "../kit/processes.ts";

interface Info {
  bot: { connected: boolean };
  model: { name: string; isDemo: boolean };
  owner: string;
}

/** A playground as a person sees it: what it printed, and the control API behind the page. */
class Playground {
  readonly program: Program;
  readonly address: URL;
  readonly token: string;

  constructor(program: Program, address: string) {
    this.program = program;
    this.address = new URL(address);
    this.token = this.address.searchParams.get("token") ?? "";
  }

  static async open(...args: string[]): Promise<Playground> {
    const program = new Program(["playground", ...args], { env: { QQ_BOT_AI_LABEL: "off" } });
    const [address] = await program.waitFor(/http:\/\/127\.0\.0\.1:\d+\/\?token=[A-Za-z0-9_-]+/);
    return new Playground(program, address);
  }

  async control<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(new URL(`/_emulator/${path}`, this.address), {
      headers: { authorization: `Bearer ${this.token}` },
      ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  world(): Promise<WorldView> {
    return this.control("world");
  }

  async messages(scene: Scene, id: string, after?: string): Promise<MessageRow[]> {
    const query = new URLSearchParams({ scene, id, ...(after ? { after } : {}) });
    return (await this.control<{ messages: MessageRow[] }>(`messages?${query}`)).messages;
  }

  /** Says it and waits for the bot's next words in that conversation. */
  async ask(message: { as: string; scene: Scene; id: string; content: string }): Promise<MessageRow & { ms: number }> {
    const startedAt = performance.now();
    const said = await this.control<{ message_id: string }>("say", { ...message, mention: true });
    const answer = await eventually(
      async () => (await this.messages(message.scene, message.id, said.message_id)).find(({ from }) => from === "bot"),
      () => `an answer to ${message.content}; ${this.program.describe()}`,
    );
    return { ...answer, ms: performance.now() - startedAt };
  }

  async restCalls(after = 0): Promise<Frame[]> {
    return (await this.control<{ frames: Frame[] }>(`frames?after=${after}`)).frames.filter(
      ({ kind }) => kind === "rest",
    );
  }
}

function channelNamed(world: WorldView, name: string) {
  const channel = world.guilds[0]?.channels.find((candidate) => candidate.name === name);
  if (!channel) throw new Error(`no channel ${name}`);
  return channel.id;
}

describe("the printed address", () => {
  it("is one, comes when the bot is connected, and opens the page for whoever holds the token", async () => {
    const playground = await Playground.open("--port", "0");
    const info = await playground.control<Info>("info");
    expect(info.bot.connected).toBe(true);
    expect(info.model.isDemo).toBe(true);

    const page = await fetch(playground.address);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const html = await page.text();
    const assets = [...html.matchAll(/(?:src|href)="(\.?\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(assets.length).toBeGreaterThan(0);
    for (const path of assets) expect((await fetch(new URL(path, playground.address))).status, path).toBe(200);

    expect((await fetch(new URL("/", playground.address))).status).toBe(401);
    expect((await fetch(new URL("/?token=wrong", playground.address))).status).toBe(401);
    expect((await fetch(new URL("/_emulator/world", playground.address))).status).toBe(401);
    expect(playground.program.stdout.match(/https?:\/\//g)).toHaveLength(1);
    expect(playground.program.stdout).toContain("演示模型没有智能");
  });

  it("moves to a free port when the wanted one is taken", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const address = blocker.address();
    const taken = typeof address === "object" && address ? address.port : 0;
    try {
      const playground = await Playground.open("--port", String(taken));
      const port = Number(playground.address.port);
      expect(port).toBeGreaterThan(taken);
      expect(port).toBeLessThanOrEqual(taken + 20);
    } finally {
      blocker.close();
    }
  });
});

describe("the demo model at work", () => {
  it("answers within two seconds in all four scenes, and not where nobody asked it", async () => {
    const playground = await Playground.open("--port", "0");
    const { c2c, groups, dms, ...world } = await playground.world();
    const channel = channelNamed({ c2c, groups, dms, ...world }, "闲聊大厅");
    const group = groups.find(({ members }) => members.includes("bob"))?.id ?? "";
    const places = [
      { scene: "c2c", id: c2c.find(({ user }) => user === "bob")?.id ?? "" },
      { scene: "group", id: group },
      { scene: "channel", id: channel },
      { scene: "dms", id: dms.find(({ user }) => user === "bob")?.id ?? "" },
    ] as const;
    for (const place of places) {
      const answer = await playground.ask({ as: "bob", ...place, content: "你好" });
      expect(answer.content, place.scene).toContain("演示模型");
      expect(answer.mode, place.scene).toBe("passive");
      expect(answer.ms, place.scene).toBeLessThan(2000);
    }
    // What the page shows beside the chat: one part, delivered, and the replies that it cost.
    const { traces } = await playground.control<{ traces: Trace[] }>("traces?after=0");
    expect(traces.flatMap(({ step }) => (step.kind === "outbox" ? [step.message] : []))[0]).toMatchObject({
      ...{ status: "delivered", planned: 1, parts: [{ name: "1/1", status: "delivered" }] },
      budget: { used: 1, max: 4, endsAt: expect.any(Number) },
    });
    // The question after it is answered, so that the silence before it was no slowness.
    const { message_id: unasked } = await playground.control<{ message_id: string }>("say", {
      ...{ as: "alice", scene: "group", id: group, content: "周五一起吃饭吗" },
    });
    const later = await playground.ask({ as: "bob", scene: "group", id: group, content: "现在几点?" });
    const answers = (await playground.messages("group", group, unasked)).filter(({ from }) => from === "bot");
    expect(answers).toHaveLength(1);
    expect(answers[0]?.msg_id).toBe(later.msg_id);
    expect(answers[0]?.msg_id).not.toBe(unasked);
  });

  it("looks channels up, posts and recalls for the owner, and does neither for a stranger", async () => {
    const playground = await Playground.open("--port", "0");
    const world = await playground.world();
    const [lobby, board] = [channelNamed(world, "闲聊大厅"), channelNamed(world, "公告")];
    const { owner } = await playground.control<Info>("info");
    const stranger = world.users.find(({ id }) => id !== owner)?.id ?? "";
    const here = { scene: "channel", id: lobby } as const;

    const listed = await playground.ask({ as: stranger, ...here, content: "这个频道有哪些子频道?" });
    for (const { name, type } of world.guilds[0]?.channels ?? [])
      if (type !== 4) expect(listed.content).toContain(name);
    const calls = await playground.restCalls();
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toContain(
      `GET /guilds/${world.guilds[0]?.id}/channels`,
    );

    const refused = await playground.ask({ as: stranger, ...here, content: "在 公告 发一条:明天放假" });
    expect(refused.content).toMatch(/主人/);
    expect(await playground.messages("channel", board)).toEqual([]);

    await playground.ask({ as: owner, ...here, content: "在 公告 发一条:明天十点开会" });
    const posted = await playground.messages("channel", board);
    expect(posted.map(({ from, content }) => ({ from, content }))).toEqual([{ from: "bot", content: "明天十点开会" }]);

    await playground.ask({ as: owner, ...here, content: "撤回刚才那条" });
    const recalled = async () =>
      [...(await playground.messages("channel", board)), ...(await playground.messages("channel", lobby))].filter(
        (message) => message.recalled,
      );
    expect(await recalled()).toEqual([]);
    // Guilds take no buttons from this bot: the question stands there as words.
    const question = (await playground.messages("channel", lobby)).find(({ content }) => content?.includes("需要批准"));
    expect(question?.content).toMatch(/\/批准 [A-Z2-9]{5}/);
    await playground.control("say", { as: owner, ...here, content: "/批准", mention: true });
    await eventually(
      async () => (await playground.messages("channel", lobby)).some(({ content }) => content?.includes("已完成")),
      "the outcome of the approved recall",
    );
    expect((await recalled()).map(({ content }) => content)).toEqual(["明天十点开会"]);

    const kept = await playground.ask({ as: stranger, ...here, content: "撤回刚才那条" });
    expect(kept.content).toMatch(/主人/);
    expect(await recalled()).toHaveLength(1);
  });
});

describe("the end of a playground", () => {
  it("is a signal, not the end of stdin; then it exits 0 within five seconds", async () => {
    const playground = await Playground.open("--port", "0");
    playground.program.closeStdin();
    const { c2c } = await playground.world();
    const answer = await playground.ask({ as: "alice", scene: "c2c", id: c2c[0]?.id ?? "", content: "你好" });
    expect(answer.content).not.toBe("");
    const { code, tookMs, stderr } = await playground.program.stop("SIGTERM");
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(5000);
    expect(stderr).toBe("");
    await expect(fetch(playground.address)).rejects.toThrow();
  });
});
