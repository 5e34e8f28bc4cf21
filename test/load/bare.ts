import OpenAI from "openai";
import { Agent, fetch as pooled, request } from "undici";
import { WebSocket } from "ws";

/**
 * What any bot must at least do per message: read the frame, ask the model through `openai` (streamed), send the answer.
 * No storage, no order, no retries: the yardstick of the benchmark.
 */
const base = process.env.QQ_BOT_API_BASE as string;
const dispatcher = new Agent({ connections: 64 });
const model = new OpenAI({
  apiKey: "bench",
  baseURL: process.env.OPENAI_BASE_URL as string,
  maxRetries: 0,
  fetch: ((url: string, init: object) => pooled(url, { ...init, dispatcher })) as unknown as typeof fetch,
});

interface Frame {
  op: number;
  s?: number;
  t?: string;
  d: { id: string; content: string; group_openid: string };
}

async function answer(message: Frame["d"]): Promise<void> {
  const stream = await model.chat.completions.create({
    model: "bench",
    stream: true,
    messages: [
      { role: "system", content: "You are a QQ bot." },
      { role: "user", content: message.content },
    ],
  });
  let text = "";
  for await (const part of stream) text += part.choices[0]?.delta.content ?? "";
  const response = await request(`${base}/v2/groups/${message.group_openid}/messages`, {
    dispatcher,
    method: "POST",
    headers: { Authorization: "QQBot bench-token", "Content-Type": "application/json" },
    body: JSON.stringify({ msg_type: 0, content: text, msg_id: message.id, msg_seq: 1 }),
  });
  await response.body.json();
}

const socket = new WebSocket(`${base.replace("http", "ws")}/websocket`, { perMessageDeflate: false });
socket.on("message", (data) => {
  const frame = JSON.parse(String(data)) as Frame;
  if (frame.op === 10)
    socket.send(JSON.stringify({ op: 2, d: { token: "QQBot bench-token", intents: 33554432, shard: [0, 1] } }));
  else if (frame.t === "GROUP_AT_MESSAGE_CREATE") void answer(frame.d);
});
