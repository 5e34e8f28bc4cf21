import type { Command } from "../command.ts";

/** Lets in whoever was given the code when they first spoke to the bot. */
export const pair: Command = {
  name: "pair",
  chinese: "配对",
  usage: "CODE",
  summary: { chinese: "允许持配对码的人或群跟我聊天", english: "let in who was given this code" },
  least: { alone: "owner", among: "owner" },
  async run({ bot, words, say }) {
    const rule = bot.senders.admit(words);
    if (rule === undefined)
      return say({
        chinese: "没有等待中的这个配对码（也许已过期）。",
        english: "Nobody waits with that code; it may have expired.",
      });
    return say({ chinese: `已允许：${rule}`, english: `let in: ${rule}` });
  },
};
