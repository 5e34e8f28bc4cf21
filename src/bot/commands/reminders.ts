import type { Command } from "../command.ts";
import { cancelReminder, listInWords } from "../reminder-tools.ts";

const cancelWords = /^(?:cancel|delete|remove|取消|删除|删)\s+(\S+)$/i;

/** One's own; admins see and cancel those of everybody in the conversation. */
export const reminders: Command = {
  name: "reminders",
  chinese: "提醒",
  aliases: ["reminder", "定时"],
  usage: "[取消 编号]",
  summary: { chinese: "查看或取消提醒", english: "list or cancel reminders" },
  least: { alone: "public", among: "public" },
  async run(scene) {
    const { bot, words, say } = scene;
    const id = cancelWords.exec(words)?.[1];
    if (id === undefined) {
      const list = listInWords(bot.reminding.desk(), scene);
      return list || say({ chinese: "没有提醒。", english: "There are no reminders." });
    }
    const gone = await cancelReminder(bot.reminding.desk(), scene, id);
    return say(
      gone
        ? { chinese: `已取消：${gone.text}`, english: `Cancelled: ${gone.text}` }
        : {
            chinese: "这里没有你的这个提醒，/提醒 可以查看编号。",
            english: "There is no such reminder of yours here; /reminders shows them.",
          },
    );
  },
};
