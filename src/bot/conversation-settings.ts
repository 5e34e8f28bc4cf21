import type { Json } from "../core/json.ts";
import { patternsOf } from "../protocol/conversation-pattern.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { BusyPolicy } from "./busy.ts";
import type { LabelPolicy } from "./label.ts";
import type { Mode } from "./modes.ts";
import type { Place } from "./rights.ts";
import type { TalkPolicy } from "./talk.ts";

/** What may differ from one conversation to the next. */
export interface ConversationSettings {
  mode: Mode;
  /** For the mode keyword. */
  wakeWords: readonly string[];
  busy: BusyPolicy;
  /** For the mode judged: how often it considers to join in, 0 to 1, and how long it keeps out after it spoke. */
  judgeChance: number;
  judgeCooldownSeconds: number;
  /** "23:00-07:00", UTC+8: it does not join in then. */
  quietHours?: string | undefined;
  /** One of those that may be chosen; the usual one without it. */
  model?: string | undefined;
  aiLabel: LabelPolicy;
  /** How many messages are answered. */
  perPersonPerMinute: number;
  perGroupPerMinute: number;
  /** Who may talk with the bot, where it is not as in other places of the kind. */
  talk?: TalkPolicy | undefined;
}

type Given = { [Name in keyof ConversationSettings]?: ConversationSettings[Name] | undefined };

/** Pattern -> what is different there. */
export type ConversationRules = Readonly<Record<string, Given>>;

/** What people changed by commands, and the day on which its label was last shown; kept over restarts. */
export interface ChosenSettings {
  of(conversation: string): Readonly<Record<string, Json>>;
  /** undefined takes the choice back. */
  choose(conversation: string, name: keyof ConversationSettings | "labelledOn", value: Json | undefined): Promise<void>;
}

/** The usual, then every rule from general to special, then what was chosen there. */
export function conversationSettings(
  from: { usual: ConversationSettings; rules: ConversationRules; chosen: ChosenSettings },
  place: Place,
): ConversationSettings {
  const rules = patternsOf(place.conversation, place.guildId).map((pattern) => from.rules[pattern] ?? {});
  const chosen = from.chosen.of(conversationKey(place.conversation)) as Given;
  return Object.assign({}, from.usual, ...rules, chosen) as ConversationSettings;
}
