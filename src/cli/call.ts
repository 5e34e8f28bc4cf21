import { text as readAll } from "node:stream/consumers";
import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { nearest } from "../core/nearest.ts";
import { findOperation, operations } from "../operations/all.ts";
import { callOperation, inputSchema } from "../operations/call.ts";
import { type Operation, permissions } from "../operations/operation.ts";
import { oneAccount } from "./accounts.ts";
import { noEmulator } from "./emulator-desk.ts";
import { exitCodes } from "./exit.ts";
import { openPlatform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { readSettings } from "./settings.ts";

const usage = `qq-skill call <operation> [--field value …]     input by flags
qq-skill call <operation> --json '{…}'          input as JSON
qq-skill call <operation> -                     input as JSON on stdin
qq-skill call <operation> --help                the fields of one operation
qq-skill operations                             the list
`;

/** `call NAME --json '{…}'`, `call NAME -` (JSON on stdin) or `call NAME --field value …`; prints the result as JSON. */
export async function call({ flags, options, words, help }: Invocation): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined) throw new InputError("name", "missing required argument 'name'", { remedy: usage });
  if (name === "--help" || name === "-h") {
    process.stdout.write(`${usage}\n${help()}`);
    return exitCodes.ok;
  }
  const operation = findOperation(name);
  if (!operation) {
    const names = nearest(
      name,
      operations.map((known) => known.name),
    );
    throw new InputError("name", `there is no operation "${name}"`, {
      remedy: `${names.length > 0 ? `Nearest: ${names.join(", ")}. ` : ""}\`qq-skill operations\` lists them all.`,
    });
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(describeFields(operation));
    return exitCodes.ok;
  }
  const input = await readInput(operation, options.json, rest);
  const config = oneAccount(readSettings(flags, { log: "error" }));
  const platform = openPlatform({ ...config, files: [...config.files, process.cwd()] });
  platform.useEmulator(noEmulator);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  try {
    const caller = { kind: "cli", grants: new Set(permissions), label: "cli" } as const;
    const output = await callOperation(operation, platform.contextFor(caller), input, interrupt.signal);
    process.stdout.write(`${JSON.stringify(output ?? {}, null, 2)}\n`);
    return exitCodes.ok;
  } finally {
    await platform.close();
  }
}

interface Field {
  type?: string;
  enum?: readonly string[];
  description?: string;
}

function describeFields(operation: Operation): string {
  const { properties = {}, required = [] } = inputSchema(operation) as {
    properties?: Record<string, Field>;
    required?: readonly string[];
  };
  const rows = Object.entries(properties).map(([name, { type, enum: values, description }]) => {
    const kind = values?.join("|") ?? type ?? "JSON";
    return `  --${name} <${kind}>${required.includes(name) ? " (required)" : ""}\n      ${description ?? ""}`;
  });
  const fields = rows.length > 0 ? ["", "Fields:", ...rows] : ["", "It takes no input."];
  return `${[`${operation.name}: ${operation.title}`, operation.summary, ...fields].join("\n")}\n`;
}

async function readInput(operation: Operation, json: unknown, words: readonly string[]): Promise<unknown> {
  const source = typeof json === "string" ? json : words[0] === "-" ? "-" : undefined;
  if (source !== undefined) {
    const rest = words.filter((word) => word !== "-");
    if (rest.length > 0)
      throw new InputError(rest[0] ?? "", `${rest[0]} cannot be combined with JSON input`, {
        remedy: "Give the whole input as JSON, or every field as a flag.",
      });
    return parseJson(source === "-" ? await readAll(process.stdin) : source);
  }
  return parseFlags(operation, words);
}

const jsonRemedy = `Write it as '{"field": "value"}', or send it to stdin and give - instead.`;

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (error) {
    throw new InputError("json", `the input is not valid JSON: ${(error as Error).message}`, {
      remedy: jsonRemedy,
      cause: error,
    });
  }
  throw new InputError("json", "the input must be one JSON object", { remedy: jsonRemedy });
}

/** `--guild_id 1 --limit=2 --image`: typed by the operation's schema; dashes and underscores are the same. */
function parseFlags(operation: Operation, words: readonly string[]): Record<string, unknown> {
  const properties = (inputSchema(operation).properties ?? {}) as Record<string, { type?: string }>;
  const input: Record<string, unknown> = {};
  for (let index = 0; index < words.length; index++) {
    const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(words[index] ?? "");
    if (!match) {
      const fields = Object.keys(properties).map((name) => `--${name}`);
      throw new InputError(words[index] ?? "", `"${words[index]}" is not a flag`, {
        remedy: `Write --field value; the fields are ${fields.join(", ") || "none"}.`,
      });
    }
    const field = (match[1] as string).replaceAll("-", "_");
    const type = properties[field]?.type;
    const next = words[index + 1];
    let value = match[2];
    if (value === undefined && next !== undefined && !next.startsWith("--")) {
      value = next;
      index++;
    }
    input[field] = convert(field, type, value);
  }
  return input;
}

function convert(field: string, type: string | undefined, value: string | undefined): unknown {
  if (type === "boolean") return value === undefined ? true : ({ true: true, false: false }[value] ?? value);
  if (value === undefined)
    throw new InputError(field, `--${field} needs a value`, { remedy: `Write --${field} value.` });
  if (type === "integer" || type === "number")
    return value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value);
  if (type === "object" || type === "array") {
    try {
      return JSON.parse(value);
    } catch (error) {
      throw new InputError(field, `--${field} must be JSON`, {
        remedy: "Write an object or a list as JSON, in quotes of your shell.",
        cause: error,
      });
    }
  }
  return value;
}
