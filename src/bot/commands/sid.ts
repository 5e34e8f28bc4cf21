import { conversationKey } from "../../protocol/scenes.ts";
import type { Command } from "../command.ts";
import { personOf } from "../rights.ts";

/** The ids that lists of the settings take. */
export const sid: Command = {
  name: "sid",
  chinese: "我的ID",
  aliases: ["myid", "id"],
  summary: { chinese: "你和本会话的 ID（用于名单）", english: "your id and this chat's, for lists" },
  least: { alone: "public", among: "public" },
  async run({ last, place, right, say }) {
    return [
      `${say({ chinese: `你（${right}）：`, english: `you (${right}): ` })}${personOf(last)}`,
      `${say({ chinese: "本会话：", english: "this chat: " })}${conversationKey(place.conversation)}`,
      ...(place.guildId === undefined
        ? []
        : [`${say({ chinese: "频道：", english: "guild: " })}guild:${place.guildId}`]),
    ].join("\n");
  },
};
