import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoModel, startDemoModel } from "../../../src/emulator/demo/server.ts";

let demo: DemoModel;
beforeAll(async () => {
  demo = await startDemoModel({ now: () => new Date("2026-11-20T12:31:00Z") });
});
afterAll(() => demo.close());

interface Message {
  role: string;
  content: string | null;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

function post(body: unknown, headers: Record<string, string> = { authorization: "Bearer any" }): Promise<Response> {
  return fetch(`${demo.url}/chat/completions`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function complete(messages: Message[], tools: object[]): Promise<Message> {
  const response = await post({ model: demo.model, messages, ...(tools.length > 0 ? { tools } : {}) });
  const body = (await response.json()) as { choices: { message: Message }[]; error?: { message: string } };
  if (!body.choices[0]) throw new Error(body.error?.message);
  return body.choices[0].message;
}

const tool = (name: string, ...fields: string[]) => ({
  type: "function",
  function: {
    name,
    description: name,
    parameters: { type: "object", properties: Object.fromEntries(fields.map((field) => [field, { type: "string" }])) },
  },
});
const reading = [
  tool("list_guilds"),
  tool("list_channels", "guild_id"),
  tool("list_roles", "guild_id"),
  tool("get_guild", "guild_id"),
];
const ownerTools = [
  ...reading,
  tool("list_members", "guild_id", "limit"),
  tool("send_message", "content", "format", "scene", "id"),
  tool("recall_message", "scene", "id", "message_id"),
];
const strangerTools = [...reading, tool("send_message", "content", "format")];

const answers: Record<string, unknown> = {
  list_guilds: { guilds: [{ id: "77", name: "示例频道" }] },
  list_channels: [
    { id: "1", name: "闲聊大厅", type: 0 },
    { id: "2", name: "公告", type: 0, sub_type: 1 },
    { id: "3", name: "语音", type: 2 },
  ],
  list_roles: { roles: [{ id: "4", name: "创建者" }] },
  list_members: { members: [{ nick: "小林", user: { id: "9", username: "lin" } }] },
  get_guild: { id: "77", name: "示例频道", member_count: 4 },
  send_message: { parts: [{ message_id: "M1", status: "sent" }] },
  recall_message: { recalled_message_id: "M1" },
};

/** Plays the bot: runs the calls until the model speaks. */
async function converse(
  text: string,
  options: { tools?: object[]; system?: string; results?: typeof answers; before?: Message[] } = {},
) {
  const tools = options.tools ?? ownerTools;
  const calls: string[] = [];
  const messages: Message[] = [
    { role: "system", content: options.system ?? "You are a bot.\n\n# Facts\nguild_id: 77\ntime: 2026-11-20 20:31" },
    ...(options.before ?? []),
    { role: "user", content: text },
  ];
  for (let turn = 0; turn < 6; turn++) {
    const reply = await complete(messages, tools);
    messages.push(reply);
    if (!reply.tool_calls) return { said: reply.content ?? "", calls };
    for (const call of reply.tool_calls) {
      calls.push(`${call.function.name}${call.function.arguments}`);
      const result = { ...answers, ...options.results }[call.function.name.replace(/^qq_/, "")];
      const content = typeof result === "string" ? result : JSON.stringify(result);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  throw new Error(`still calling tools: ${calls.join(", ")}`);
}

const posted = (content: string) => [
  'list_channels{"guild_id":"77"}',
  `send_message{"scene":"channel","id":"2","content":"${content}"}`,
];

describe("the demo model's rules", () => {
  it.each([
    ["这个频道有哪些子频道?", ['list_channels{"guild_id":"77"}'], /闲聊大厅[\s\S]*公告[\s\S]*语音/],
    ["Which channels are there?", ['list_channels{"guild_id":"77"}'], /Channels \(3\)/],
    ["在 公告 发一条:明天十点开会", posted("明天十点开会"), /已在「公告」发出/],
    ["在公告里发一条消息：停机维护", posted("停机维护"), /停机维护/],
    ["帮我在 #公告 说一声：吃饭了", posted("吃饭了"), /吃饭了/],
    ["把“今晚聚餐”发到公告频道里", posted("今晚聚餐"), /今晚聚餐/],
    ["发一条消息到公告：周末爬山", posted("周末爬山"), /周末爬山/],
    ["[小林] 在 公告 发一条:带标签", posted("带标签"), /带标签/],
    ["post in 公告: hello", posted("hello"), /hello/],
    ['send "hello all" to the 公告 channel', posted("hello all"), /hello all/],
    ["在 不存在 发一条:x", ['list_channels{"guild_id":"77"}'], /没有找到.*不存在[\s\S]*闲聊大厅/],
    ["撤回刚才那条", ["recall_message{}"], /已撤回/],
    ["Recall that, please", ["recall_message{}"], /Recalled/],
    ["有哪些身份组?", ['list_roles{"guild_id":"77"}'], /创建者/],
    ["频道里有哪些成员?", ['list_members{"guild_id":"77","limit":100}'], /小林/],
    ["介绍一下这个频道的信息", ['get_guild{"guild_id":"77"}'], /示例频道.*4 位/],
    ["现在几点?", [], /2026-11-20 20:31/],
    ["你能做什么?", [], /演示模型：没有智能/],
    ["hello", [], /demo model: no intelligence/],
    ["你觉得量子力学怎么样", [], /量子力学[\s\S]*听不懂/],
  ])("%s", async (text, calls, said) => {
    const reply = await converse(text);
    expect(reply.calls).toEqual(calls);
    expect(reply.said).toMatch(said);
  });

  it.each(["我在家里发烧了怎么办", "do you recall what I said?", "请不要撤回", "write a poem on spring"])(
    "does nothing rash on %j",
    async (text) => {
      expect((await converse(text)).calls).toEqual([]);
    },
  );

  it("finds the guild by itself where the prompt does not name it, also under prefixed tool names", async () => {
    const tools = [tool("qq_list_guilds"), tool("qq_list_channels", "guild_id")];
    const reply = await converse("有哪些子频道", { tools, system: "You are somebody else's bot." });
    expect(reply.calls).toEqual(["qq_list_guilds{}", 'qq_list_channels{"guild_id":"77"}']);
    expect(reply.said).toContain("公告");
  });

  it("says that only the owner may, where the tool or the field is missing", async () => {
    expect(await converse("撤回刚才那条", { tools: strangerTools })).toMatchObject({
      calls: [],
      said: expect.stringContaining("主人"),
    });
    expect(await converse("在 公告 发一条:x", { tools: strangerTools })).toMatchObject({
      calls: [],
      said: expect.stringContaining("主人"),
    });
  });

  it("recalls what it just sent elsewhere, when the history tells of it", async () => {
    const before: Message[] = [
      { role: "user", content: '在 公告 发一条:x\n(note: you sent to channel:2, message_id=M9: "x")' },
      { role: "assistant", content: "已在「公告」发出：x" },
    ];
    const reply = await converse("撤回刚才那条", { before });
    expect(reply.calls).toEqual(['recall_message{"scene":"channel","id":"2","message_id":"M9"}']);
  });

  it("says that a call waits for approval, instead of claiming success", async () => {
    const results = { recall_message: { status: "waiting_for_approval", request: "K7QF3" } };
    expect((await converse("撤回刚才那条", { results })).said).toMatch(/批准后就撤回/);
  });

  it("passes on why a tool failed instead of claiming success", async () => {
    const results = { send_message: "Error 304023: not allowed here" };
    const reply = await converse("在 公告 发一条:x", { results });
    expect(reply.said).toContain("not allowed here");
    expect(reply.said).not.toContain("已在");
  });

  it("speaks up when the budget is used up instead of asking for tools", async () => {
    const reply = await converse("(The budget of this turn is used up; no more tool calls.)", { tools: [] });
    expect(reply.said).toContain("budget");
  });
});

describe("the demo server", () => {
  it("streams calls in pieces that add up, then usage, then the end", async () => {
    const response = await post({
      model: demo.model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "发: 😀 一段比较长的文字,会被分成几块" }],
      tools: ownerTools,
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const events = (await response.text()).split("\n\n").filter(Boolean);
    expect(events.at(-1)).toBe("data: [DONE]");
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)));
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas.length).toBeGreaterThan(3);
    const args = deltas.map((delta) => delta.function.arguments).join("");
    expect(JSON.parse(args)).toEqual({ content: "😀 一段比较长的文字,会被分成几块" });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.at(-2).choices[0].finish_reason).toBe("tool_calls");
  });

  const user = { role: "user", content: "x" };
  const asked = (id: string, args = "{}") => ({
    role: "assistant",
    content: null,
    tool_calls: [{ id, type: "function", function: { name: "f", arguments: args } }],
  });
  it.each([
    ["no messages", { messages: [] }, "messages"],
    ["an unknown role", { messages: [{ role: "wizard", content: "x" }] }, "messages[0].role"],
    [
      "a result without a call",
      { messages: [user, { role: "tool", tool_call_id: "a", content: "x" }] },
      "messages[1].tool_call_id",
    ],
    ["a call without a result", { messages: [user, asked("a"), user] }, "messages[2]"],
    ["a call left open at the end", { messages: [user, asked("a")] }, "messages"],
    [
      "a result for another call",
      { messages: [user, asked("a"), { role: "tool", tool_call_id: "b", content: "" }] },
      "messages[2].tool_call_id",
    ],
    [
      "arguments that are not JSON",
      { messages: [user, asked("a", "{"), { role: "tool", tool_call_id: "a", content: "" }] },
      "messages[1].tool_calls",
    ],
    ["a tool name with a dot", { messages: [user], tools: [tool("a.b")] }, "tools[0].function.name"],
    ["an empty tool list", { messages: [user], tools: [] }, "tools"],
    [
      "stream options without a stream",
      { messages: [user], stream_options: { include_usage: true } },
      "stream_options",
    ],
  ])("refuses %s", async (_, body, param) => {
    const response = await post({ model: demo.model, ...body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", param } });
  });

  it("refuses a missing key, an unknown model, an unknown path and a broken body in the service's form", async () => {
    const body = { model: demo.model, messages: [user] };
    expect((await post(body, {})).status).toBe(401);
    expect(await (await post({ ...body, model: "gpt" })).json()).toMatchObject({ error: { code: "model_not_found" } });
    const headers = { authorization: "Bearer any" };
    expect((await fetch(`${demo.url}/nothing`, { headers })).status).toBe(404);
    expect((await fetch(`${demo.url}/chat/completions`, { method: "POST", headers, body: "{" })).status).toBe(400);
  });

  it("lists its one model", async () => {
    const response = await fetch(`${demo.url}/models`, { headers: { authorization: "Bearer any" } });
    expect(await response.json()).toMatchObject({ object: "list", data: [{ id: demo.model }] });
  });
});
