import { isLoopbackName } from "../core/access.ts";
import { ConfigError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { type Config, configSchema, type SettingKey } from "./schema.ts";
import type { SettingMeta } from "./values.ts";

export interface Setting extends SettingMeta {
  key: SettingKey;
  /** The default as text; empty when there is none. */
  default: string;
  /** The allowed words of an enumeration. */
  values: readonly string[];
}

/** All settings in the order of the schema: what help, `.env.example` and the README table are made of. */
export function settings(): Setting[] {
  return Object.entries(configSchema.shape).map(([key, schema]) => {
    const facts = schema.meta() as unknown as SettingMeta;
    const initial = schema.safeParse(undefined);
    const value = initial.success ? initial.data : undefined;
    const json = schema.type === "default" ? schema.def.innerType : schema;
    return {
      ...facts,
      key: key as SettingKey,
      default: inWords(value),
      values: "options" in json && json.type === "enum" ? (json.options as string[]) : [],
    };
  });
}

function inWords(value: unknown): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}

export interface Sources {
  /** Parsed JSON of the settings file, with its path for messages. */
  file?: { path: string; content: unknown };
  env: Readonly<Record<string, string | undefined>>;
  /** By setting key; undefined where the flag was not given. */
  flags?: Readonly<Partial<Record<SettingKey, unknown>>>;
  /** What one command wants instead of the general default: the weakest source. */
  usual?: Readonly<Partial<Record<SettingKey, unknown>>>;
}

/** Defaults < the command's own < file < environment < flags. Throws one ConfigError that lists every problem, each with its remedy. */
export function loadConfig(sources: Sources): Config {
  const problems: { setting: string; text: string }[] = [];
  const values: Record<string, unknown> = {};
  const origin = new Map<string, string>();
  const file = readFile(sources, problems);
  for (const setting of settings()) {
    const upper = sources.env[setting.env];
    const fromEnv = upper !== undefined && upper.trim() !== "" ? upper : proxyFallback(setting, sources.env);
    const candidates: [unknown, string][] = [
      [sources.flags?.[setting.key], setting.flag?.split(" ")[0] ?? setting.env],
      [fromEnv, setting.env],
      [file[setting.key], `${setting.env} ("${setting.key}" in ${sources.file?.path})`],
      [sources.usual?.[setting.key], setting.env],
    ];
    const found = candidates.find(([value]) => value !== undefined);
    if (!found) continue;
    values[setting.key] = found[0];
    origin.set(setting.key, found[1]);
  }
  const parsed = configSchema.safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const setting = settings().find(({ key }) => key === issue.path[0]);
      const name = origin.get(String(issue.path[0])) ?? setting?.env ?? String(issue.path[0]);
      const inside = issue.path.length > 1 ? `${issue.path.slice(1).join(".")} ` : "";
      const allowed = setting?.values.length ? ` (one of ${setting.values.join(", ")})` : "";
      problems.push({
        setting: name,
        text: `${name}: ${inside}${issue.message}${allowed}${setting?.remedy ? `; ${setting.remedy}` : ""}`,
      });
    }
  }
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigError(problems[0]?.setting ?? "settings", problems.map((problem) => problem.text).join("\n"), {
      remedy: "Correct what is listed and start again; `qq-skill --help` describes every setting.",
    });
  }
  return parsed.data;
}

function readFile(sources: Sources, problems: { setting: string; text: string }[]): Record<string, unknown> {
  if (!sources.file) return {};
  const { path, content } = sources.file;
  if (!isRecord(content)) {
    problems.push({ setting: "QQ_SKILL_CONFIG", text: `QQ_SKILL_CONFIG: ${path} must hold one JSON object` });
    return {};
  }
  const known = Object.keys(configSchema.shape);
  for (const key of Object.keys(content)) {
    if (known.includes(key)) continue;
    problems.push({
      setting: key,
      text: `QQ_SKILL_CONFIG: ${path} has the unknown setting "${key}"; known: ${known.join(", ")}`,
    });
  }
  return content;
}

function proxyFallback(setting: Setting, env: Sources["env"]): string | undefined {
  if (setting.env !== "HTTPS_PROXY" && setting.env !== "NO_PROXY") return undefined;
  return env[setting.env.toLowerCase()]?.trim() || undefined;
}

/** The bot API to talk to: an explicit base wins over the sandbox switch. */
export function apiBaseOf(config: Config): string {
  return config.apiBase ?? (config.sandbox ? "https://sandbox.api.sgroup.qq.com" : "https://api.bot.qq.com");
}

/** Whether all that the settings reach is on this machine: a local QQ, with nobody in it who could be bothered. */
export function isLocalQq(config: Config): boolean {
  const { connectAppId, connectBase, miniAppId, miniBase } = config;
  const apps = [...(connectAppId ? [connectBase] : []), ...(miniAppId ? [miniBase] : [])];
  return [apiBaseOf(config), ...apps].every(isLoopback);
}

export function isLoopback(address: string): boolean {
  return isLoopbackName(URL.parse(address)?.host);
}
