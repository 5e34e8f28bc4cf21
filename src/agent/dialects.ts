/**
 * What the servers of one family want otherwise than plain Chat Completions. Taken from what the vendors and their users
 * write, not tried at each of them: what a server still refuses is learnt from its refusal (`learn`).
 */
export interface Dialect {
  name: DialectName;
  /** Of the endpoint, port included. Hosts are looked through before model names. */
  host?: RegExp;
  model?: RegExp;
  /**
   * `reasoning_content` beside the tool calls that it led to: always (empty where there was none: thinking models refuse
   * a tool turn without the field), only where it came under that name, or never (strict servers know no such field).
   */
  reasoning: "always" | "echo" | "never";
  /** Whether `stream_options` may ask for the count of tokens. */
  asksForUsage: boolean;
  /** What limits the answer. */
  limitField: "max_tokens" | "max_completion_tokens";
  /** Models whose sampling is fixed: they refuse `temperature`. */
  fixedSampling?: RegExp;
  /** Fields that switch hidden reasoning off, where the server can. */
  quiet?: Readonly<Record<string, unknown>>;
}

export const dialectNames = [
  "openai",
  "deepseek",
  "kimi",
  "glm",
  "qwen",
  "mistral",
  "groq",
  "ollama",
  "plain",
] as const;
export type DialectName = (typeof dialectNames)[number];

const usual = { reasoning: "echo", asksForUsage: true, limitField: "max_tokens" } as const;

/** First match wins. */
export const dialects: readonly Dialect[] = [
  {
    name: "openai",
    host: /(^|\.)openai\.(com|azure\.com)$/,
    ...{ reasoning: "never", asksForUsage: true, limitField: "max_completion_tokens" },
    fixedSampling: /^(o\d|gpt-5)/i,
  },
  {
    name: "deepseek",
    ...{ host: /(^|\.)deepseek\.com$/, model: /(^|\/)deepseek/i },
    ...{ ...usual, reasoning: "always" },
    quiet: { thinking: { type: "disabled" } },
  },
  {
    name: "kimi",
    ...{ host: /(^|\.)(moonshot\.(cn|ai)|kimi\.(com|ai))$/, model: /(^|\/)(kimi|moonshot)/i },
    ...{ reasoning: "always", asksForUsage: true, limitField: "max_completion_tokens" },
    fixedSampling: /(^|\/)kimi/i,
    quiet: { thinking: { type: "disabled" } },
  },
  {
    name: "glm",
    ...{ host: /(^|\.)(bigmodel\.cn|z\.ai)$/, model: /(^|\/)glm/i },
    ...{ ...usual, asksForUsage: false },
    quiet: { thinking: { type: "disabled" } },
  },
  {
    name: "qwen",
    ...{ host: /(^|\.)aliyuncs\.com$/, model: /(^|\/)(qwen|qwq)/i },
    ...usual,
    quiet: { enable_thinking: false },
  },
  { name: "mistral", host: /(^|\.)mistral\.ai$/, ...usual, reasoning: "never", asksForUsage: false },
  { name: "groq", host: /(^|\.)groq\.com$/, ...usual, reasoning: "never" },
  { name: "ollama", host: /:11434$/, ...usual, reasoning: "never" },
  { name: "plain", ...usual },
];

/** By name, else by the endpoint's host, else by the model's name, else plain. */
export function dialectFor(endpoint: { baseUrl: string; model: string; dialect?: DialectName }): Dialect {
  const { host } = new URL(endpoint.baseUrl);
  const bare = host.replace(/:(443|80)$/, "");
  const found =
    dialects.find(({ name }) => name === endpoint.dialect) ??
    dialects.find((dialect) => dialect.host?.test(bare)) ??
    dialects.find((dialect) => dialect.model?.test(endpoint.model));
  return found ?? (dialects.at(-1) as Dialect);
}

/** The dialect as the server's refusal wants it, or undefined when that names nothing that could be said otherwise. */
export function learn(dialect: Dialect, refusal: string): Dialect | undefined {
  const { quiet, ...loud } = dialect;
  if (dialect.asksForUsage && refusal.includes("stream_options")) return { ...dialect, asksForUsage: false };
  if (refusal.includes("reasoning_content")) {
    const reasoning = /must be passed|missing|required/i.test(refusal) ? "always" : "never";
    return reasoning === dialect.reasoning ? undefined : { ...dialect, reasoning };
  }
  if (refusal.includes(dialect.limitField))
    return { ...dialect, limitField: dialect.limitField === "max_tokens" ? "max_completion_tokens" : "max_tokens" };
  if (/\btemperature\b/.test(refusal)) return { ...dialect, fixedSampling: /^/ };
  return quiet && Object.keys(quiet).some((field) => refusal.includes(field)) ? loud : undefined;
}
