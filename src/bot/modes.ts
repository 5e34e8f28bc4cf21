/**
 * When the bot speaks in a group or channel. mention: when it is named or quoted; keyword: also at a wake word; judged:
 * also when it judges that it has something to say; all: always; off: never. Private chats know only off and on.
 */
export const modes = ["mention", "keyword", "judged", "all", "off"] as const;
export type Mode = (typeof modes)[number];
