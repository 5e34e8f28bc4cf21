import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";

const defaultPersona = `You are a helpful, friendly assistant in QQ. Answer in the language of the person you talk to, in a few plain
sentences, as one writes in a chat. Use tools to look things up instead of guessing, and say so when you do not know.`;

/** The persona file as it is at start, or the built-in one. Throws ConfigError when the file cannot be read. */
export function readPersona(config: Config): string {
  if (!config.persona) return defaultPersona;
  try {
    return readFileSync(config.persona, "utf8");
  } catch (error) {
    throw new ConfigError("QQ_BOT_PERSONA", `QQ_BOT_PERSONA: ${config.persona} cannot be read`, {
      remedy: "Point it to a readable Markdown file or unset it.",
      cause: error,
    });
  }
}
