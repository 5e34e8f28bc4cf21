import { type Command, isAlone } from "../command.ts";
import { subjectId } from "../notes.ts";
import { isAtLeast } from "../rights.ts";

const form = /^(?:(group|chat|群|本群)\s+)?(?:(\d{1,3})|all|全部|所有)$/i;

/** Notes go at the word of whom they are about; those about all of a group at that of somebody trusted. */
export const forget: Command = {
  name: "forget",
  chinese: "忘记",
  aliases: ["忘掉"],
  usage: "[group] N|all",
  summary: { chinese: "删掉我记住的一条或全部", english: "remove a note about you, or all" },
  least: { alone: "public", among: "public" },
  async run(scene) {
    const asked = form.exec(scene.words);
    if (!asked)
      return scene.say({
        chinese: "用法：/忘记 1，/忘记 全部；关于本群的：/忘记 群 1",
        english: "Say /forget 1 or /forget all; for notes about the group /forget group 1.",
      });
    const [, group, number] = asked;
    if (group !== undefined && !isAlone(scene.last) && !isAtLeast(scene.right, "trusted"))
      return scene.say({
        chinese: "关于本群的记忆只有受信任的人才能删。",
        english: "Notes about the group are for trusted people to remove.",
      });
    const id = subjectId(scene, group === undefined ? "person" : "conversation", "change");
    const count = await scene.bot.notes.remove(scene.lane, id, number === undefined ? undefined : Number(number));
    return scene.say(
      count > 0
        ? { chinese: `已删掉 ${count} 条。`, english: `Removed ${count}.` }
        : { chinese: "没有这样的记忆，/我的记忆 可以查看。", english: "There is no such note; /notes shows them." },
    );
  },
};
