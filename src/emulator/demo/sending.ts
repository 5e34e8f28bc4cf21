import type { Move } from "./answer.ts";
import { type Dialogue, inTheirWords } from "./dialogue.ts";
import { findGuilds } from "./places.ts";
import { consult, field, type Row, type Rule, rowsOf } from "./rule.ts";

/** "#公告", "「公告」", "公告子频道" are all 公告. */
function bareName(name: string): string {
  return name
    .trim()
    .replace(/^(the|频道|子频道)\s+/i, "")
    .replace(/^[#「“"'【]+|[」”"'】]+$/g, "")
    .replace(/\s*(子频道|频道|channel|里面|里|中)$/i, "")
    .replace(/[」”"'】]+$/g, "")
    .trim()
    .toLowerCase();
}

/** The channel of that name in any guild at hand; a name that contains the words will do when none equals them. */
function findChannel(dialogue: Dialogue, wanted: string): { channel: Row } | { move: Move } {
  const guilds = findGuilds(dialogue, "list_channels");
  if ("move" in guilds) return guilds;
  const known: Row[] = [];
  for (const input of guilds.inputs.slice(0, 5)) {
    const asked = consult(dialogue, "list_channels", input);
    if ("move" in asked) return asked;
    known.push(...rowsOf(asked.answer).filter((row) => field(row, "type") !== "4"));
  }
  const name = bareName(wanted);
  const channel =
    known.find((row) => bareName(field(row, "name")) === name) ??
    known.find((row) => field(row, "name").toLowerCase().includes(name));
  if (channel) return { channel };
  const names = known.map((row) => field(row, "name")).join("、");
  return {
    move: {
      say: inTheirWords(
        dialogue,
        `没有找到名为「${wanted.trim()}」的子频道。这里有：${names}。`,
        `There is no channel named "${wanted.trim()}". There are: ${names}.`,
      ),
    },
  };
}

function sendTo(dialogue: Dialogue, place: string, content: string): Move {
  if (!dialogue.takes("send_message", "id")) {
    return {
      say: inTheirWords(
        dialogue,
        "我在这里只能回复当前会话：发到别的地方，只有机器人的主人（owner）可以要求。",
        "Here I may only answer in this conversation: sending to other places is for the bot's owner only.",
      ),
    };
  }
  const found = findChannel(dialogue, place);
  if ("move" in found) return found.move;
  const sent = consult(dialogue, "send_message", {
    scene: "channel",
    id: field(found.channel, "id"),
    content: content.trim(),
  });
  if ("move" in sent) return sent.move;
  const name = field(found.channel, "name");
  return {
    say: inTheirWords(dialogue, `已在「${name}」发出：${content.trim()}`, `Posted in "${name}": ${content.trim()}`),
  };
}

function sendHere(dialogue: Dialogue, content: string): Move {
  const sent = consult(dialogue, "send_message", { content: content.trim() });
  return "move" in sent ? sent.move : { say: inTheirWords(dialogue, "发好了。", "Sent.") };
}

function recall(dialogue: Dialogue): Move {
  const elsewhere = dialogue.takes("recall_message", "id") ? dialogue.sentElsewhere : undefined;
  const input: Row = elsewhere ? { scene: elsewhere.scene, id: elsewhere.id, message_id: elsewhere.messageId } : {};
  const done = consult(dialogue, "recall_message", input);
  if ("move" in done) return done.move;
  if (field(done.answer.data, "status") === "waiting_for_approval")
    return {
      say: inTheirWords(
        dialogue,
        "等你批准：按上面的按钮，或发 /批准，批准后就撤回。",
        "It waits for your approval: press the button above, or send /approve.",
      ),
    };
  return { say: inTheirWords(dialogue, "已撤回。", "Recalled.") };
}

/** Patterns are put together from these; the first two groups are place and words, or the other way round. */
const place = "[#「“\"'【]?(.+?)[」”\"'】]?\\s*";
const polite = "^(?:@\\S+\\s+)?(?:请|帮我|帮忙|麻烦你?|能不能|可以)*\\s*";
const inside = "(?:子频道|频道)?\\s*(?:里面|里|中)?\\s*";
const utter = "(?:发布|发送|发出|发|说|宣布|通知)";
const counted = "\\s*一?[条个则下句声]\\s*(?:新?消息|公告|通知)?";
const named = "\\s*(?:新?消息|公告|通知)";
const colon = "\\s*[:：,，]";
const postsIn =
  "\\b(?:post|send|write|say|announce)\\s+(?:an?\\s+(?:message|announcement)\\s+)?(?:in|to|on)\\s+(?:the\\s+)?";
const channel = "(?:\\s*channel)?";

export const sendingRules: readonly Rule[] = [
  {
    name: "send to a channel",
    match: [
      new RegExp(
        `${polite}(?:在|到|往|去)\\s*${place}${inside}${utter}(?:${counted}${colon}?|${named}${colon}?|${colon}|\\s+)\\s*(.+)$`,
        "s",
      ),
      new RegExp(
        `${polite}${utter}(?:${counted}|${named})?\\s*(?:到|在|去)\\s*${place}${inside}${colon}\\s*(.+)$`,
        "s",
      ),
      new RegExp(
        `\\b(?:in|to|on)\\s+(?:the\\s+)?${place}${channel},?\\s+(?:post|send|write|say|announce)\\b\\s*(?:an?\\s+(?:message|announcement))?${colon}?\\s+(.+)$`,
        "is",
      ),
      new RegExp(`${postsIn}${place}${channel}${colon}\\s*(.+)$`, "is"),
    ],
    run: (dialogue, [, name = "", content = ""]) => sendTo(dialogue, name, content),
  },
  {
    name: "post words in a channel",
    match: [
      new RegExp(`${polite}[把将]\\s*[「“"']?(.+?)[」”"']?\\s*${utter}(?:到|在|去)\\s*${place}${inside}$`, "s"),
      new RegExp(
        `^(?:please\\s+)?(?:post|send|announce)\\s+[“"']?(.+?)[”"']?\\s+(?:in|to)\\s+(?:the\\s+)?${place}${channel}[.!]?$`,
        "is",
      ),
    ],
    run: (dialogue, [, content = "", name = ""]) => sendTo(dialogue, name, content),
  },
  {
    name: "recall",
    match: [
      /^(?!.*(?:不要|别|怎么|如何)).*(?:撤回|收回|撤销)/s,
      /^(?:please\s+|can you\s+)?(?:recall|unsend|retract|take (?:it|that) back|delete (?:that|your|the last))\b/i,
    ],
    run: recall,
  },
  {
    name: "send here",
    match: [
      /^(?:请|再|另外)*发(?:送)?(?:一?[条个句])?(?:消息)?\s*[:：]\s*(.+)$/s,
      /^(?:please\s+)?(?:say|send|post)\s*[:：]\s*(.+)$/is,
    ],
    run: (dialogue, [, content = ""]) => sendHere(dialogue, content),
  },
];
