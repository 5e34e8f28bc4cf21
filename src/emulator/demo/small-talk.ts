import type { Move } from "./answer.ts";
import { type Dialogue, inTheirWords } from "./dialogue.ts";
import { consult, type Rule } from "./rule.ts";

const skillsInChinese = [
  "- 「这个频道有哪些子频道？」「有哪些成员 / 身份组？」「这个频道的信息」",
  "- 「在 公告 发一条：明天十点开会」（需要主人）",
  "- 「撤回刚才那条」（需要主人）",
  "- 「现在几点？」",
].join("\n");
const skillsInEnglish = [
  '- "Which channels are there?", "List the members / roles", "About this guild"',
  '- "Post in 公告: meeting at ten" (owner only)',
  '- "Recall that" (owner only)',
  '- "What time is it?"',
].join("\n");

function introduce(dialogue: Dialogue): string {
  return inTheirWords(
    dialogue,
    `你好！我是演示模型：没有智能，只按固定规则回答，但工具调用都是真的。可以试试：\n${skillsInChinese}`,
    `Hello! I am the demo model: no intelligence, only fixed rules, but my tool calls are real. Try:\n${skillsInEnglish}`,
  );
}

function tellTime(dialogue: Dialogue): string {
  const given = dialogue.facts.get("time");
  const time =
    given ?? `${new Date(dialogue.now.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ")} (UTC+8)`;
  return inTheirWords(dialogue, `现在是 ${time}。`, `It is ${time}.`);
}

export const smallTalkRules: readonly Rule[] = [
  {
    name: "time",
    match: [
      /几点|什么时间|现在.*时间|几号|星期几|周几|(今天|当前)的?日期/,
      /\bwhat(?:'s| is)? (?:the )?(time|date|day)\b|\bwhat time\b/i,
    ],
    run: (dialogue) => ({ say: tellTime(dialogue) }),
  },
  {
    name: "introduction",
    match: [
      /^(你好|您好|嗨|哈喽|早上好|晚上好|在吗)|你(能|会|可以)(做|干|帮)|你是谁|帮助|怎么用|有什么(功能|用)/,
      /^(hi|hello|hey)\b|\bwhat can you do\b|\bwho are you\b|\bhelp\b/i,
    ],
    run: (dialogue) => ({ say: introduce(dialogue) }),
  },
  {
    name: "thanks",
    match: [/谢谢|多谢|感谢/, /\bthank(s| you)\b/i],
    run: (dialogue) => ({ say: inTheirWords(dialogue, "不客气！", "You are welcome!") }),
  },
  {
    // What a check of the connection asks, to see whether a model calls tools at all.
    name: "call a named tool",
    match: [/\bcall the tool [`"']?([\w-]{1,64})[`"']?/i],
    run(dialogue, [, name = ""]) {
      const called = consult(dialogue, name, {});
      return "move" in called ? called.move : { say: called.answer.text };
    },
  },
  {
    name: "only a mention",
    match: [/^\(no text\b.*\)$|^$/],
    run: (dialogue) => ({
      say: inTheirWords(dialogue, `我在。可以试试：\n${skillsInChinese}`, `Here. Try:\n${skillsInEnglish}`),
    }),
  },
  {
    name: "budget",
    match: [/^\(The budget of this turn is used up/],
    run: () => ({ say: "这一轮的步数用完了，先到这里。 (The budget of this turn is used up.)" }),
  },
];

/** Honest about understanding nothing. */
export function fallback(dialogue: Dialogue): Move {
  const words = [...dialogue.text].slice(0, 200).join("");
  return {
    say: inTheirWords(
      dialogue,
      `我收到了：「${words}」。我只是没有智能的演示模型，听不懂这句话。我能听懂：\n${skillsInChinese}`,
      `I got: "${words}". I am only a demo model without intelligence and do not understand that. I do understand:\n${skillsInEnglish}`,
    ),
  };
}
