import { type Command, isAlone } from "../command.ts";

const none = { chinese: "（没有）", english: "(none)" };

/** What is kept about whoever asks, here. */
export const notes: Command = {
  name: "notes",
  chinese: "我的记忆",
  aliases: ["记忆", "备忘"],
  summary: { chinese: "我在这里记住了你的什么", english: "what I keep about you here" },
  least: { alone: "public", among: "public" },
  async run({ bot, lane, last, say }) {
    const list = (id: string) => {
      const lines = bot.notes.list(lane, id).map(({ number, text }) => `${number}. ${text}`);
      return lines.length > 0 ? lines.join("\n") : say(none);
    };
    return [
      say({ chinese: "关于你：", english: "About you:" }),
      list(last.sender.id),
      ...(isAlone(last) ? [] : [say({ chinese: "关于本会话：", english: "About this chat:" }), list("")]),
      say({
        chinese: "删除：/忘记 1 或 /忘记 全部",
        english: "To remove: /forget 1, or /forget all",
      }),
    ].join("\n");
  },
};
