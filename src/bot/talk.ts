import type { Incoming } from "../protocol/incoming.ts";
import { senderRule } from "../protocol/sender-rule.ts";
import { isAlone } from "./command.ts";
import type { ConversationSettings } from "./conversation-settings.ts";
import { phraseFor } from "./phrases.ts";
import { deliverReply } from "./reply.ts";
import { isAtLeast, type Roster } from "./rights.ts";
import type { Route } from "./router.ts";
import type { TurnScene } from "./turn.ts";

/** open: everybody. pairing, allowlist: who was let in; whoever else asks gets a code, or nothing. off: nobody. */
export type TalkPolicy = "open" | "pairing" | "allowlist" | "off";

/** Where one place has no policy of its own. */
export interface TalkPolicies {
  alone: TalkPolicy;
  among: TalkPolicy;
}

/** What the bot needs of the operator's list of senders. */
export interface LetIn {
  rules(): ReadonlySet<string>;
  /** The code by which an owner lets `rule` in. `isNew`: this event, and no other lately, made it. */
  introduce(rule: string, event: string): { code: string; isNew: boolean };
  /** The rule that is let in by an owner's word; undefined when nobody waits with that code. */
  admit(code: string): string | undefined;
}

export type Admittance = "welcome" | "stranger" | "unheard";

/** May they talk with the bot here? Whoever it trusts may everywhere. */
export function admittanceOf(
  incoming: Incoming,
  by: { roster: Roster; talk: TalkPolicies; senders: LetIn; settings: Pick<ConversationSettings, "talk"> },
): Admittance {
  // The operator's own plan.
  if (incoming.kind === "reminder" && incoming.sender.id === "") return "welcome";
  const policy = by.settings.talk ?? (isAlone(incoming) ? by.talk.alone : by.talk.among);
  if (policy === "open" || isAtLeast(by.roster.rightOf(incoming), "trusted")) return "welcome";
  if (policy === "off") return "unheard";
  const rules = by.senders.rules();
  if (rules.has("*") || rulesOf(incoming).some((rule) => rules.has(rule))) return "welcome";
  return policy === "pairing" ? "stranger" : "unheard";
}

/** Every rule that lets them in; the first is asked for. */
function rulesOf({ conversation, guildId, sender }: Incoming): string[] {
  const { scene, id } = conversation;
  const found = {
    c2c: () => [senderRule("c2c", id)],
    dms: () => [senderRule("user", sender.id)],
    group: () => [senderRule("group", id), senderRule("group", id, true)],
    channel: () => [senderRule("guild", guildId), senderRule("guild", guildId, true), senderRule("user", sender.id)],
  }[scene]();
  return found.filter((rule) => rule !== undefined);
}

/** What becomes of an event of somebody who may not talk with the bot: nothing of it is kept as context. */
export function letIn(route: Route, { kind }: Incoming, admittance: Admittance): Route {
  if (admittance === "welcome") return route;
  if (admittance === "stranger" && route.action === "answer" && kind === "message") return { action: "introduce" };
  return { action: "ignore", reason: "whoever speaks here is not let in" };
}

/** One polite line with the code; whoever goes on talking gets no second one while it is good. */
export async function introduce(scene: TurnScene): Promise<void> {
  const { bot, turn, last, tracer } = scene;
  const [rule] = rulesOf(last);
  if (rule === undefined) return;
  const { code, isNew } = await turn.step("introduce", async () => bot.senders.introduce(rule, last.eventId));
  tracer.note({ kind: "ignored", reason: `not let in yet: ${rule} waits with ${code}` });
  if (!isNew) return;
  const [who, whoElse] = isAlone(last)
    ? ["我还不认识你", "I do not know you yet"]
    : ["我还不认识这个群", "I do not know this group yet"];
  const words = phraseFor(last.text, {
    chinese: `你好！${who}，主人同意后才能聊天。请把配对码 ${code} 交给我的主人，一天内有效。`,
    english: `Hello! ${whoElse}: my owner has to let you in. Please give them the code ${code}; it is good for a day.`,
  });
  await deliverReply(scene, words);
}
