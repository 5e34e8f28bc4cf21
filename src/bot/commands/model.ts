import type { Command } from "../command.ts";
import { notAllowed } from "../phrases.ts";
import { isAtLeast } from "../rights.ts";

const usualWords = ["default", "默认"];

export const model: Command = {
  name: "model",
  chinese: "模型",
  usage: "[name]",
  summary: { chinese: "看看或换掉本会话的模型", english: "shows or changes this chat's model" },
  least: { alone: "admin", among: "admin" },
  async run({ bot, lane, place, right, words, say }) {
    const names = [bot.model.name, ...(bot.otherModels ?? []).map(({ name }) => name)];
    const current = names.find((name) => name === bot.settingsFor(place).model) ?? bot.model.name;
    const offer = say({ chinese: `可选：${names.join("、")}`, english: `to choose from: ${names.join(", ")}` });
    if (words === "")
      return `${say({ chinese: `本会话的模型：${current}`, english: `this chat's model: ${current}` })}\n${offer}`;
    if (!isAtLeast(right, "owner")) return say(notAllowed("owner", right));
    const isUsual = usualWords.includes(words.toLowerCase());
    const wanted = isUsual ? bot.model.name : names.find((name) => name.toLowerCase() === words.toLowerCase());
    if (wanted === undefined)
      return `${say({ chinese: `没有模型 ${words}。`, english: `There is no model ${words}.` })}\n${offer}`;
    await bot.chosen.choose(lane, "model", isUsual ? undefined : wanted);
    return say({ chinese: `好，从现在起用 ${wanted}。`, english: `${wanted} it is from now on.` });
  },
};
