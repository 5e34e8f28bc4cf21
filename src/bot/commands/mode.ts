import { type Command, isAlone } from "../command.ts";
import { type Mode, modeInWords, modes } from "../modes.ts";
import { isAtLeast } from "../rights.ts";

const shared: readonly Mode[] = modes;
/** Where nobody else listens, everything is meant for the bot. */
const alone: readonly Mode[] = ["all", "off"];
/** Words that take back what was chosen. */
const back = ["default", "默认", "恢复默认"];

/** When the bot speaks in this conversation: kept over restarts, above every setting. */
export const mode: Command = {
  name: "mode",
  chinese: "模式",
  usage: "[mode]",
  summary: { chinese: "我在这里什么时候说话", english: "when I speak here" },
  least: { alone: "public", among: "admin" },
  async run({ bot, lane, last, place, right, words, say }) {
    const offered = isAlone(last) ? alone : shared;
    const wanted = words.normalize("NFKC").toLowerCase();
    const chosen = offered.find((name) => name === wanted || modeInWords[name].chinese === wanted);
    // Alone with the bot "all" is the usual: who says so again lifts what they chose, not what the operator decided.
    const isUsual = chosen === "all" && isAlone(last) && !isAtLeast(right, "admin");
    if (chosen) await bot.chosen.choose(lane, "mode", isUsual ? undefined : chosen);
    else if (back.includes(wanted)) await bot.chosen.choose(lane, "mode", undefined);
    const current = bot.settingsFor(place).mode;
    const now = isAlone(last) && current !== "off" ? "all" : current;
    const lines = [`${now} · ${say(modeInWords[now])}`];
    if (chosen || back.includes(wanted)) return lines.join("\n");
    const wrong = { chinese: `没有“${wanted}”这个模式。`, english: `There is no mode "${wanted}".` };
    return [
      ...(wanted === "" ? lines : [say(wrong)]),
      say({ chinese: "可以改成：", english: "It can be:" }),
      ...offered.map((name) => `/mode ${name} ${say(modeInWords[name])}`),
      `/mode default ${say({ chinese: "恢复默认", english: "as it was set up" })}`,
    ].join("\n");
  },
};
