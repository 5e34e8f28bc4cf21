import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { personaVariables, unknownVariables } from "../bot/persona.ts";
import type { Place } from "../bot/rights.ts";
import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { isConversationPattern, patternsOf } from "../protocol/conversation-pattern.ts";

const defaultPersona = `You are a helpful, friendly assistant in QQ. Answer in the language of the person you talk to, in a few plain
sentences, as one writes in a chat. Use tools to look things up instead of guessing, and say so when you do not know.`;

/** Every prompt begins with it. */
const mostBytes = 64 * 1024;

/**
 * Who the bot is in a place: what is written for all, then for its scene, guild and conversation, one below the other. Files
 * are looked at each time, and read when they have changed; an edit that is not good is logged once, and what was there
 * before still counts. Throws ConfigError for what is not good at start.
 */
export function openPersona(config: Pick<Config, "persona" | "conversations">, log: Log): (place: Place) => string {
  const files = new PersonaFiles(log);
  const { persona: path, conversations } = config;
  const folder = path !== undefined && isFolder(path) ? path : undefined;
  const pathsFor = (pattern: string): string[] =>
    [
      folder === undefined ? undefined : join(folder, fileOf(pattern)),
      pattern === "*" && folder === undefined ? path : undefined,
      conversations[pattern]?.persona,
    ].filter((one) => one !== undefined);
  const given = [folder === undefined ? path : undefined, ...Object.values(conversations).map((rule) => rule.persona)];
  for (const one of given) if (one !== undefined) files.require(one);
  if (folder !== undefined) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".md"))) {
      files.require(join(folder, name));
      if (!isNamedAfterPlace(name)) log.warn({ file: name }, "a persona file that is for no place: see docs/bot.md");
    }
  }
  return ({ conversation, guildId }) => {
    const parts = patternsOf(conversation, guildId).flatMap((pattern) =>
      pathsFor(pattern).map((one) => files.read(one)),
    );
    return parts.filter(Boolean).join("\n\n") || defaultPersona;
  };
}

/** `*` -> persona.md, `group:*` -> group.md, `group:ID` -> group-ID.md */
function fileOf(pattern: string): string {
  return pattern === "*" ? "persona.md" : `${pattern.replace(":*", "").replace(":", "-")}.md`;
}

function isNamedAfterPlace(name: string): boolean {
  const stem = name.slice(0, -".md".length);
  return stem === "persona" || isConversationPattern(stem.includes("-") ? stem.replace("-", ":") : `${stem}:*`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

class PersonaFiles {
  readonly #log: Log;
  readonly #known = new Map<string, { stamp: string; text: string }>();

  constructor(log: Log) {
    this.#log = log;
  }

  require(path: string): void {
    const stamp = stampOf(path);
    if (stamp === undefined)
      throw new ConfigError("QQ_BOT_PERSONA", `QQ_BOT_PERSONA: ${path} cannot be read`, {
        remedy: "Point it to a readable Markdown file or a folder of them, or unset it.",
      });
    this.#known.set(path, { stamp, text: readTemplate(path) });
  }

  /** "" for a file that is not there. */
  read(path: string): string {
    const stamp = stampOf(path);
    const known = this.#known.get(path);
    if (stamp === undefined) {
      this.#known.delete(path);
      return "";
    }
    if (known?.stamp === stamp) return known.text;
    const text = this.#reread(path, known?.text ?? "");
    this.#known.set(path, { stamp, text });
    return text;
  }

  #reread(path: string, before: string): string {
    try {
      const text = readTemplate(path);
      this.#log.info({ file: basename(path) }, "the persona was read anew");
      return text;
    } catch (error) {
      this.#log.error({ error }, "the persona was not changed: what was there before still counts");
      return before;
    }
  }
}

/** undefined: no such file. */
function stampOf(path: string): string | undefined {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts?.isFile() ? `${facts.mtimeMs} ${facts.size} ${facts.ino}` : undefined;
}

function readTemplate(path: string): string {
  const remedy = `Correct the file. Variables: ${personaVariables.map((name) => `{{${name}}}`).join(" ")}.`;
  const refuse = (reason: string, cause?: unknown) =>
    new ConfigError("QQ_BOT_PERSONA", `QQ_BOT_PERSONA: ${path}${reason}`, { remedy, cause });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw refuse(" cannot be read", error);
  }
  if (bytes.length > mostBytes) throw refuse(` has ${bytes.length} bytes; at most ${mostBytes} are read`);
  const text = bytes.toString("utf8").trim();
  const unknown = unknownVariables(text)[0];
  if (unknown) throw refuse(`, line ${unknown.line}: there is no variable {{${unknown.name}}}`);
  return text;
}
