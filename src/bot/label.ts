import { conversationKey } from "../protocol/scenes.ts";
import type { Place } from "./rights.ts";
import type { BotParts } from "./turn.ts";

/** off; first: on the first thing that the model says in a conversation on a day (UTC+8); always: on everything it says. */
export type LabelPolicy = "off" | "first" | "always";

/** What people are told about words that a model wrote; part of the message, and not of what the model reads later. */
const mark = "〔AI 生成〕";
/** What begins a block in markdown has to stand at the beginning of its line. */
const block = /^\s*[#>|`~*+\-\d]/;

export interface Label {
  /** With the mark where it is due. A text that grows keeps it from its first sign on. */
  on(text: string): string;
  /** What was marked is said: it is not due again today. */
  spend(): Promise<void>;
}

export function createLabel(bot: BotParts, place: Place): Label {
  const policy = bot.settingsFor(place).aiLabel;
  const lane = conversationKey(place.conversation);
  const today = new Date(bot.clock.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  let isDue = policy === "always" || (policy === "first" && bot.chosen.of(lane).labelledOn !== today);
  return {
    on: (text) => (isDue && text.trim() !== "" ? `${mark}${block.test(text) ? "\n" : ""}${text.trimStart()}` : text),
    async spend() {
      if (policy !== "first" || !isDue) return;
      isDue = false;
      await bot.chosen.choose(lane, "labelledOn", today);
    },
  };
}
