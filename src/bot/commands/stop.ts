import type { Envelope } from "../../protocol/envelope.ts";
import { conversationKey } from "../../protocol/scenes.ts";
import { type Command, isAlone } from "../command.ts";
import { isAtLeast } from "../rights.ts";

/**
 * Ends the running turn and what waits behind it. In a private chat that is everything; among others, an admin's word
 * counts for all, and everybody else's for the turn that answers them and for their own messages.
 */
export const stop: Command = {
  name: "stop",
  chinese: "停止",
  aliases: ["cancel", "停", "停下", "取消"],
  summary: { chinese: "马上停下正在做的事", english: "stop what I am doing" },
  least: { alone: "public", among: "public" },
  ends(bot, incoming) {
    const isForAll = isAlone(incoming) || isAtLeast(bot.roster.rightOf(incoming), "admin");
    const running = bot.running.get(conversationKey(incoming.conversation)) ?? [];
    const { id } = incoming.sender;
    const isTheirs = isForAll || running.some(({ sender }) => sender.id === id);
    const inTurn = new Set(isTheirs ? running.map(({ eventId }) => eventId) : []);
    return (event) => {
      if (inTurn.has(event.id)) return true;
      const other = bot.read(event.payload as unknown as Envelope);
      // What was only said in our hearing still goes into the history.
      return !!other && bot.route(other).action === "answer" && (isForAll || other.sender.id === id);
    };
  },
  async run({ bot, turn, lane, say }) {
    if (turn.ended.length === 0)
      return say({ chinese: "现在没有在处理你的消息。", english: "There is nothing of yours to stop." });
    const text = "the person stopped your answer with /stop; do not take it up again unless asked";
    await bot.history.append(lane, { key: `note:stopped:${turn.eventId}`, role: "note", text, at: bot.clock.now() });
    const dropped = turn.ended.length - 1;
    const more = {
      chinese: `，还有 ${dropped} 条等着的消息也不再处理`,
      english: `, and dropped ${dropped} waiting message(s)`,
    };
    return say({
      chinese: `已停止${dropped > 0 ? more.chinese : ""}。`,
      english: `Stopped${dropped > 0 ? more.english : ""}.`,
    });
  },
};
