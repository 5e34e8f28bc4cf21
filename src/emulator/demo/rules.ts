import type { Move } from "./answer.ts";
import type { Dialogue } from "./dialogue.ts";
import { placeRules } from "./places.ts";
import type { Rule } from "./rule.ts";
import { sendingRules } from "./sending.ts";
import { fallback, smallTalkRules } from "./small-talk.ts";

/** First match wins. */
const rules: readonly Rule[] = [...sendingRules, ...placeRules, ...smallTalkRules];

export function decide(dialogue: Dialogue): Move {
  for (const rule of rules) {
    for (const pattern of rule.match) {
      const found = dialogue.text.match(pattern);
      if (found) return rule.run(dialogue, found);
    }
  }
  return fallback(dialogue);
}
