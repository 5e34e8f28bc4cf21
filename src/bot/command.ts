import type { Ends } from "../engine/turn-engine.ts";
import type { Incoming } from "../protocol/incoming.ts";
import type { Phrase } from "./phrases.ts";
import type { Right } from "./rights.ts";
import type { BotParts, TurnScene } from "./turn.ts";

/** What a command sees: its own turn, outside the conversation's order, and the words behind its name. */
export interface CommandScene extends TurnScene {
  words: string;
  /** In the language in which this person talks with the bot. */
  say(phrase: Phrase): string;
}

/** Something that people ask of the bot itself; the model neither sees it nor is asked. */
export interface Command {
  /** As it stands behind the slash, in small letters. */
  name: string;
  chinese: string;
  /** Other words for it, in small letters. */
  aliases?: readonly string[];
  /** What stands behind the name. */
  usage?: string;
  /** One line: for /help and the command panel, where 30 columns are shown. */
  summary: Phrase;
  /** The least right in private chats, and where others listen. */
  least: { alone: Right; among: Right };
  /** Left out of /help and of the panel. */
  isUnlisted?: boolean;
  /** Also for those who may not talk with the bot. */
  isForStrangers?: boolean;
  /** What is over as soon as the command is stored, before it runs; see TurnEngine.publish. */
  ends?(bot: BotParts, incoming: Incoming): Ends["matches"];
  /**
   * The answer; "" says nothing. Runs again after a crash in its middle. A QQError is told to the person.
   */
  run(scene: CommandScene): Promise<string>;
}

export interface AskedCommand {
  command: Command;
  words: string;
}

/** `/name words`, also with the full-width slash. What is not in the table is talk. */
export function readCommand(text: string, commands: readonly Command[]): AskedCommand | undefined {
  const found = /^[/／](\S+)(?:\s+([\s\S]*))?$/u.exec(text.trim());
  const name = found?.[1]?.normalize("NFKC").toLowerCase();
  const command = commands.find((known) => name !== undefined && namesOf(known).includes(name));
  return command && { command, words: found?.[2]?.trim() ?? "" };
}

function namesOf({ name, chinese, aliases = [] }: Command): string[] {
  return [name, chinese.toLowerCase(), ...aliases];
}

/** Where nobody else listens. */
export function isAlone({ conversation }: Pick<Incoming, "conversation">): boolean {
  return conversation.scene === "c2c" || conversation.scene === "dms";
}

export function leastRight(command: Command, incoming: Pick<Incoming, "conversation">): Right {
  return isAlone(incoming) ? command.least.alone : command.least.among;
}
