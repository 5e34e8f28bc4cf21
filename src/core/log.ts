import { pino } from "pino";
import { redact, redactText } from "./redact.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** Structured log: facts first, then one sentence. Goes to stderr only; stdout belongs to results and MCP. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** `secrets` are values (not names) that must never be written, whatever field they hide in. */
export function createLog(options: {
  level: LogLevel;
  secrets?: readonly string[];
  /** On every line, such as the bot it is about. */
  facts?: Readonly<Record<string, string>>;
  write?: (line: string) => void;
}): Log {
  const secrets = options.secrets ?? [];
  const destination = { write: options.write ?? ((line: string) => process.stderr.write(line)) };
  const logger = pino(
    {
      level: options.level,
      base: options.facts ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (facts) => redact(facts, secrets) as Record<string, unknown>,
      },
    },
    destination,
  );
  const at = (level: "debug" | "info" | "warn" | "error") => (facts: object, message: string) =>
    logger[level](facts, redactText(message, secrets));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Swallows everything: the default where no log was handed in. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
