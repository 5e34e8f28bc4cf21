import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * The cheapest possible QQ and model, in a process of its own: token, gateway, group sends, and a model that streams one
 * word without delay. It measures; it checks nothing. Driven over IPC by the benchmark.
 */
export interface Order {
  kind: "burst" | "steady";
  messages: number;
  groups: number;
  /** Number of the first group. Default 0. */
  offset?: number;
  /** Only for steady. */
  perSecond: number;
}

export interface Report {
  tookMs: number;
  answered: number;
  doubled: number;
  latenciesMs: number[];
  /** From the event to the moment at which the model is asked, and answers without delay. */
  askedMs: number[];
}

let socket: WebSocket | undefined;
let sequence = 1;
let counter = 0;
const pushedAt = new Map<string, number>();
const answers = new Map<string, number>();
const latenciesMs: number[] = [];
const askedMs: number[] = [];
let onAnswer = () => {};

const group = (index: number) => index.toString(16).toUpperCase().padStart(32, "A");
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "bench", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const stream = `${chunk({ role: "assistant", content: "" }, null)}${chunk({ content: "好的,收到。" }, null)}${chunk({}, "stop")}data: [DONE]\n\n`;

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const path = request.url ?? "";
  if (path.endsWith("/chat/completions")) {
    // The newest line stands last.
    const number = body
      .match(/第 \d+ 条/g)
      ?.at(-1)
      ?.match(/\d+/)?.[0];
    const sentAt = pushedAt.get(`ROBOT1.0_in${number}`);
    if (sentAt !== undefined) askedMs.push(performance.now() - sentAt);
    response.writeHead(200, { "Content-Type": "text/event-stream" }).end(stream);
    return;
  }
  let result: unknown = {};
  if (path === "/app/getAppAccessToken") result = { access_token: "bench-token", expires_in: "7200" };
  else if (path.startsWith("/gateway")) {
    const limit = { total: 1000, remaining: 1000, reset_after: 1000, max_concurrency: 1 };
    result = { url: `ws://${request.headers.host}/websocket`, shards: 1, session_start_limit: limit };
  } else if (path.startsWith("/users/@me")) result = { id: "1", username: "bench", bot: true };
  else if (path.endsWith("/messages")) {
    const { msg_id: id } = JSON.parse(body) as { msg_id?: string };
    const sentAt = pushedAt.get(id ?? "");
    if (id && sentAt !== undefined) {
      answers.set(id, (answers.get(id) ?? 0) + 1);
      latenciesMs.push(performance.now() - sentAt);
    }
    result = { id: `ROBOT1.0_${++counter}`, timestamp: "2026-11-20T20:31:07+08:00" };
    setImmediate(onAnswer);
  }
  response
    .writeHead(200, { "Content-Type": "application/json", "X-Tps-trace-ID": "bench" })
    .end(JSON.stringify(result));
}

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part: string) => {
    body += part;
  });
  request.on("end", () => answer(request, response, body));
});
new WebSocketServer({ server, path: "/websocket", perMessageDeflate: false }).on("connection", (connection) => {
  connection.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 45000 } }));
  connection.on("message", (data) => {
    const frame = JSON.parse(String(data)) as { op: number };
    if (frame.op === 1) connection.send(JSON.stringify({ op: 11 }));
    if (frame.op !== 2 && frame.op !== 6) return;
    socket = connection;
    const d = { version: 1, session_id: "bench", user: { id: "1", username: "bench", bot: true }, shard: [0, 1] };
    connection.send(JSON.stringify({ op: 0, s: sequence++, t: "READY", d }));
    process.send?.({ ready: true });
  });
});

function push({ groups, offset = 0 }: Order): void {
  const number = ++counter;
  const id = `ROBOT1.0_in${number}`;
  const openid = group(offset + (number % groups));
  // Two who take turns: one alone who never stops would be taken for a program.
  const isFirst = Math.floor(number / groups) % 2 === 0;
  const member = `${openid.slice(0, -1)}${isFirst ? "X" : "Y"}`;
  const author = {
    id: member,
    member_openid: member,
    member_role: "member",
    union_openid: "",
    username: isFirst ? "甲" : "乙",
    bot: false,
  };
  const d = {
    id,
    author,
    content: ` 第 ${number} 条 `,
    group_id: openid,
    group_openid: openid,
    timestamp: "2026-11-20T20:31:07+08:00",
    message_type: 0,
  };
  pushedAt.set(id, performance.now());
  socket?.send(
    JSON.stringify({ op: 0, s: sequence++, t: "GROUP_AT_MESSAGE_CREATE", id: `GROUP_AT_MESSAGE_CREATE:${number}`, d }),
  );
}

async function run(order: Order): Promise<Report> {
  pushedAt.clear();
  answers.clear();
  latenciesMs.length = 0;
  askedMs.length = 0;
  const startedAt = performance.now();
  const finished = new Promise<void>((resolve) => {
    onAnswer = () => {
      if (answers.size >= order.messages) resolve();
    };
  });
  if (order.kind === "burst") for (let index = 0; index < order.messages; index++) push(order);
  else {
    for (let index = 0; index < order.messages; index++) {
      const due = startedAt + (index * 1000) / order.perSecond;
      while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
      push(order);
    }
  }
  await finished;
  const doubled = [...answers.values()].filter((count) => count > 1).length;
  return {
    tookMs: performance.now() - startedAt,
    answered: answers.size,
    doubled,
    latenciesMs: [...latenciesMs],
    askedMs: [...askedMs],
  };
}

process.on("message", (order: Order) => {
  void run(order).then((report) => process.send?.({ report }));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" && address ? address.port : 0 });
});
