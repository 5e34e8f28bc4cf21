/** __NAME__：命令由代码回答，其他的话交给大模型。 */
import { type Incoming, QQ } from "./qq.ts";

const { env } = process;
const qq = new QQ({
  appId: required("QQ_BOT_APP_ID"),
  appSecret: required("QQ_BOT_APP_SECRET"),
  apiBase: env.QQ_BOT_API_BASE || "https://api.bot.qq.com",
  tokenUrl: env.QQ_BOT_TOKEN_URL || "https://api.bot.qq.com/app/getAppAccessToken",
});
const persona = "你是 QQ 机器人“__NAME__”。用简短的中文回答，不用 Markdown。";

/** 命令 → 回答，可以是 async 的。加一个命令就加一行。 */
const commands: Record<string, (rest: string, message: Incoming) => string | Promise<string>> = {
  "/帮助": () => `我会：${Object.keys(commands).join(" ")}，其他的话我用大模型回答。`,
  "/ping": () => "pong",
  "/骰子": (rest) => `🎲 ${1 + Math.floor(Math.random() * (Number(rest) || 6))}`,
};

async function answer(message: Incoming): Promise<void> {
  const [word = "", ...rest] = message.text.split(/\s+/);
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  await qq.reply(message, await (command ? command(rest.join(" "), message) : think(message)));
}

/** 每个会话最近的几句话，重启后忘记。 */
const memory = new Map<string, { role: string; content: string }[]>();

interface Completion {
  choices?: { message?: { content?: string } }[];
}

async function think({ place, text }: Incoming): Promise<string> {
  const history = [...(memory.get(place) ?? []), { role: "user", content: text || "(空消息)" }].slice(-12);
  const response = await fetch(`${env.OPENAI_BASE_URL || "https://api.openai.com/v1"}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${env.OPENAI_API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: env.OPENAI_MODEL, messages: [{ role: "system", content: persona }, ...history] }),
    signal: AbortSignal.timeout(60_000),
  }).catch((error: Error) => console.error("模型没有回答：", error.message));
  const reply = response?.ok ? ((await response.json()) as Completion) : undefined;
  const content = reply?.choices?.[0]?.message?.content;
  if (!content) {
    console.error("模型没有给出回答：", response?.status);
    return "我现在想不出来，请稍后再问。";
  }
  memory.set(place, [...history, { role: "assistant", content }]);
  return content.slice(0, 2000);
}

function required(name: string): string {
  const value = env[name];
  if (value) return value;
  console.error(`缺少环境变量 ${name}：把 .env.example 复制为 .env，填上 AppID 和 AppSecret`);
  process.exit(2);
}

await qq.listen(answer).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
