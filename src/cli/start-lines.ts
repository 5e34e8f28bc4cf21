import { apiBaseOf, isLocalQq } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { displayWidth } from "../protocol/text-width.ts";

export interface StartFacts {
  /** Which of several bots. */
  name?: string;
  config: Config;
  model: string;
  /** How many became an owner by a code, beside the settings. */
  claimed: number;
  /** How events come in. */
  detail?: string;
  botName?: string;
}

/** What the operator reads once events can arrive: who, where, with what, for whom. Calm, and without secrets. */
export function startLines({ name, config, model, claimed, detail, botName }: StartFacts): string[] {
  const { appId, transport, owners, admins, trusted, mode, busy, stream, limits, home } = config;
  const where = isLocalQq(config) ? `本地 QQ / local QQ (${apiBaseOf(config)})` : apiBaseOf(config);
  const owned = owners.length + claimed;
  const people = [`owner ${owned}`, `admin ${admins.length}`, `trusted ${trusted.length}`].join(", ");
  const rows: [string, string][] = [
    ["机器人 bot", [botName, `AppID ${appId}`].filter(Boolean).join(", ")],
    ["连接 events", [transport, detail].filter(Boolean).join(": ")],
    ["平台 platform", where],
    ["模型 model", `${model}, ${config.openaiBaseUrl ?? "api.openai.com"}`],
    ["权限 rights", owned > 0 ? people : `${people}; 还没有主人 / no owner: QQ_BOT_OWNERS, /claim`],
    ["预算 budget", budgetOf(config)],
    ["发言 speaking", `mode ${mode}, busy ${busy}, stream ${stream}, limits ${limits}`],
    ["数据 data", home],
  ];
  const width = 16;
  return [
    `${name === undefined ? "" : `[${name}] `}已连接，可以说话了 / connected: ready to talk`,
    ...rows.map(([label, text]) => `  ${label}${" ".repeat(Math.max(1, width - displayWidth(label)))}${text}`),
  ];
}

function budgetOf(config: Config): string {
  const { turnModelCalls, turnSeconds, turnTokens, dailyTokensUser, dailyTokensGroup, dailyTokensTotal } = config;
  const perDay = { person: dailyTokensUser, group: dailyTokensGroup, bot: dailyTokensTotal };
  const days = Object.entries(perDay).map(
    ([whose, tokens]) => `${whose} ${tokens === 0 ? "no limit" : thousands(tokens)}`,
  );
  return `an answer ${turnModelCalls} calls, ${thousands(turnTokens)} tokens, ${turnSeconds} s; tokens a day: ${days.join(", ")}`;
}

function thousands(tokens: number): string {
  return tokens < 1_000 ? `${tokens}` : `${Math.round(tokens / 1_000)}k`;
}
