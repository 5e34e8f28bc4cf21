import type { Command } from "../command.ts";
import { isAtLeast } from "../rights.ts";

export const status: Command = {
  name: "status",
  chinese: "状态",
  summary: { chinese: "看看我是否在忙", english: "whether I am at work" },
  least: { alone: "public", among: "public" },
  async run({ bot, lane, right, say }) {
    const { connection, startedAt, pending, dead } = bot.status();
    const isBusy = bot.running.has(lane);
    const up = duration(bot.clock.now() - startedAt);
    const waiting = bot.running.size;
    // This command is one of them.
    const others = Math.max(0, pending - 1);
    const lines = [
      say({ chinese: `在线，已运行 ${up}`, english: `online for ${up}` }),
      say({ chinese: `模型：${bot.model.name}`, english: `model: ${bot.model.name}` }),
      say({
        chinese: isBusy ? "本会话：正在回答" : "本会话：空闲",
        english: isBusy ? "this chat: answering" : "this chat: idle",
      }),
    ];
    if (!isAtLeast(right, "admin")) return lines.join("\n");
    return [
      ...lines,
      say({ chinese: `连接：${connection}`, english: `connection: ${connection}` }),
      say({
        chinese: `正在回答的会话：${waiting}，未完成的消息：${others}，放弃的消息：${dead}`,
        english: `chats being answered: ${waiting}, unfinished messages: ${others}, given up: ${dead}`,
      }),
    ].join("\n");
  },
};

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24];
  return [days > 0 ? `${days}d` : "", days + hours > 0 ? `${hours}h` : "", `${minutes % 60}m`]
    .filter(Boolean)
    .join(" ");
}
