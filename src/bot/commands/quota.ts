import type { Command, CommandScene } from "../command.ts";
import { isAlone } from "../command.ts";
import { isAtLeast } from "../rights.ts";
import { type Account, accountsOf } from "../spending.ts";

const titles = {
  user: { chinese: "你今天：", english: "you today: " },
  group: { chinese: "这里今天：", english: "this chat today: " },
  total: { chinese: "我今天一共：", english: "all of mine today: " },
} as const;

export const quota: Command = {
  name: "quota",
  chinese: "额度",
  summary: { chinese: "今天用了多少，还剩多少", english: "what was used today and is left" },
  least: { alone: "public", among: "public" },
  async run(scene) {
    const { bot, last, right } = scene;
    const accounts = accountsOf({ ...bot, now: bot.clock.now() }, last, isAlone(last) ? right : "public");
    const shown = accounts.filter(({ whose }) => whose !== "total" || isAtLeast(right, "admin"));
    const lines = shown.map((account) => `${scene.say(titles[account.whose])}${inWords(scene, account)}`);
    const anew = { chinese: "北京时间零点重新计算。", english: "Counted anew at midnight, Beijing time." };
    return [...lines, scene.say(anew)].join("\n");
  },
};

function inWords({ say }: CommandScene, { used, limit, share }: Account): string {
  const tokens = used.inputTokens + used.outputTokens;
  const count = limit.tokens === undefined ? `${tokens}` : `${tokens}/${limit.tokens}`;
  const money = limit.cost === undefined ? "" : `, ${used.cost.toFixed(2)}/${limit.cost}`;
  const left = `${Math.max(0, Math.floor(100 * (1 - share)))}%`;
  const isLimited = limit.tokens !== undefined || limit.cost !== undefined;
  return `${count} tokens${money}${isLimited ? say({ chinese: `，还剩 ${left}`, english: `, ${left} left` }) : ""}`;
}
