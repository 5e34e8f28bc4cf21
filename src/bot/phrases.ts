import type { Right } from "./rights.ts";

export interface Phrase {
  chinese: string;
  english: string;
}

/** What the bot says without a model. */
export const phrases = {
  modelDown: {
    chinese: "抱歉，我的语言模型暂时没有回应，请稍后再试。",
    english: "Sorry, my language model does not answer right now. Please try again later.",
  },
  overLimit: {
    chinese: "消息太多了，我先缓一缓，请一分钟后再发。",
    english: "That is more than I can answer; please try again in a minute.",
  },
  userSpent: {
    chinese: "你今天和我聊天的额度用完了，明天零点（北京时间）后再聊吧。",
    english: "Your share of my budget for today is used up; it starts anew at midnight, Beijing time.",
  },
  groupSpent: {
    chinese: "这里今天的聊天额度用完了，明天零点（北京时间）后再聊吧。",
    english: "This chat's share of my budget for today is used up; it starts anew at midnight, Beijing time.",
  },
  totalSpent: {
    chinese: "我今天的聊天额度用完了，明天零点（北京时间）后再聊吧。",
    english: "My budget for today is used up; it starts anew at midnight, Beijing time.",
  },
  noWords: {
    chinese: "抱歉，这次没能得出回答，请换个说法再试。",
    english: "Sorry, I came to no answer this time. Please put it another way.",
  },
  filtered: {
    chinese: "抱歉，这个内容我不方便回答，我们换个话题吧。",
    english: "Sorry, my language model's provider does not let me answer that. Let us talk about something else.",
  },
  done: {
    chinese: "好了，已经处理。",
    english: "Done.",
  },
  stillWorking: {
    chinese: "还在处理，请稍等，结果出来就发给你。",
    english: "Still working on it; the answer follows as soon as I have it.",
  },
  withheld: {
    chinese: "抱歉，这段回答没有通过内容审核，我就不发出来了。",
    english: "Sorry, my answer did not pass moderation, so I keep it to myself.",
  },
  refusedTopic: {
    chinese: "抱歉，这个话题我不能聊。",
    english: "Sorry, that is nothing I can talk about.",
  },
  commandFailed: {
    chinese: "指令没有执行成功，程序出了问题。",
    english: "The command failed because of a fault in this program.",
  },
} as const satisfies Record<string, Phrase>;

/** With the words of the settings. */
const rightsInChinese: Readonly<Record<Right, string>> = {
  public: "普通用户（public）",
  trusted: "受信任的人（trusted）",
  admin: "管理员（admin）",
  owner: "主人（owner）",
};

/** A command is not for this person; `/sid` shows what the lists of rights have to name. */
export const notAllowed = (least: Right, right: Right): Phrase => ({
  chinese: `这条指令在这里要${rightsInChinese[least]}的权限，你是${rightsInChinese[right]}。/我的ID 显示名单里要写的 ID。`,
  english: `Here this command takes the right ${least}; you have ${right}. /sid shows the id that the lists of rights take.`,
});

/** In the language of what the person wrote; Chinese where nothing tells. */
export function phraseFor(text: string, phrase: Phrase): string {
  const isEnglish = /[a-z]/i.test(text) && !/[\u3400-\u9fff]/.test(text);
  return isEnglish ? phrase.english : phrase.chinese;
}
