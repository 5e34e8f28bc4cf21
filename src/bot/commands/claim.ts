import type { Command } from "../command.ts";
import type { Phrase } from "../phrases.ts";
import { personOf } from "../rights.ts";

const limits = { perPersonPerMinute: 3, perGroupPerMinute: 10 };

/** Who has the code from the bot's console becomes an owner in this scene. The code itself never comes so far: see scrub. */
export const claim: Command = {
  name: "claim",
  chinese: "认领",
  usage: "CODE",
  summary: { chinese: "用控制台上的认领码成为主人", english: "own the bot, with its console's code" },
  least: { alone: "public", among: "public" },
  isUnlisted: true,
  isForStrangers: true,
  async run({ bot, last, place, words, say }) {
    const { id: group } = place.conversation;
    const guess = { id: last.eventId, person: last.sender.id, group, at: last.receivedAt, limits };
    const verdict =
      last.sender.id === "" || bot.guesses.check(guess) !== "admit"
        ? "tooMany"
        : bot.owners.claim(words, personOf(last), last.receivedAt);
    bot.log.warn({ person: personOf(last), verdict }, "somebody claimed the bot");
    return say(answers[verdict]);
  },
};

const answers: Readonly<Record<"granted" | "expired" | "unknown" | "tooMany", Phrase>> = {
  granted: { chinese: "好的，你现在是我的主人了。", english: "Done: you are my owner now." },
  expired: {
    chinese: "这个认领码已过期。在运行机器人的机器上执行 qq-skill owners claim 可以换一个。",
    english: "That code has expired. qq-skill owners claim, where the bot runs, gives another.",
  },
  unknown: { chinese: "这个认领码不对。", english: "That is not the code." },
  tooMany: { chinese: "试得太多了，请过一会儿再来。", english: "Too many tries; please come back later." },
};
