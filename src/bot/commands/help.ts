import { type Command, leastRight } from "../command.ts";
import { isAtLeast } from "../rights.ts";

export const help: Command = {
  name: "help",
  chinese: "帮助",
  aliases: ["?", "start", "指令", "菜单"],
  summary: { chinese: "看看能用哪些指令", english: "what you can ask of me" },
  least: { alone: "public", among: "public" },
  async run({ bot, last, right, say }) {
    const known = bot.commands.filter((command) => !command.isUnlisted && isAtLeast(right, leastRight(command, last)));
    const lines = known.map(({ name, chinese, usage, summary }) => {
      const call = [say({ chinese: `/${chinese}`, english: `/${name}` }), usage].filter(Boolean).join(" ");
      const other = say({ chinese: `/${name}`, english: `/${chinese}` });
      return `${call} (${other}) ${say(summary)}`;
    });
    const opening = say({
      chinese: "直接跟我说话就行。也可以用这些指令：",
      english: "Just talk to me. These commands are there, too:",
    });
    return [opening, ...lines].join("\n");
  },
};
