import type { Command } from "../command.ts";

/** The conversation begins anew; notes stay, since they have their own command. */
export const reset: Command = {
  name: "reset",
  chinese: "重置",
  aliases: ["清空", "new", "新对话"],
  summary: { chinese: "忘掉此前的对话，重新开始", english: "forget what was said, start anew" },
  least: { alone: "public", among: "admin" },
  async run({ bot, lane, say }) {
    const count = await bot.history.forget(lane);
    return say({
      chinese: `好，之前的对话（${count} 条）我都忘了，我们重新开始。备忘还在：/我的记忆`,
      english: `Done: what was said here (${count} lines) is forgotten. Notes stay, see /notes.`,
    });
  },
};
