import type { Phrase } from "./phrases.ts";

/**
 * When the bot speaks in a group or channel. mention: when it is named or quoted; keyword: also at a wake word; judged:
 * also when it judges that it has something to say; all: always; off: never. Private chats know only off and on.
 */
export const modes = ["mention", "keyword", "judged", "all", "off"] as const;
export type Mode = (typeof modes)[number];

export const modeInWords: Readonly<Record<Mode, Phrase>> = {
  mention: { chinese: "被提到时说话", english: "when I am named or quoted" },
  keyword: { chinese: "听到关键词时也说话", english: "also at a wake word" },
  judged: { chinese: "觉得有用时也说话", english: "also when I have something to say" },
  all: { chinese: "每条消息都回答", english: "to every message" },
  off: { chinese: "不说话", english: "never" },
};
