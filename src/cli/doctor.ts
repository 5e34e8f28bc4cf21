import { performance } from "node:perf_hooks";
import type { ModelRequest } from "../agent/model.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import { ApiError, QQError } from "../core/errors.ts";
import type { SessionStatus } from "../events/gateway-options.ts";
import { IntentSearch } from "../events/intent-search.ts";
import { createGatewaySession } from "../events/session.ts";
import { defaultIntents, intentNames, parseIntents } from "../protocol/intents.ts";
import { openHome } from "../store/home.ts";
import { acquireLock, type Lock } from "../store/lock.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import { hasModel, openModel } from "./model.ts";
import { lookupGateway, openPlatform, type Platform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { readSettings } from "./settings.ts";
import { awaitIdentifyTurn } from "./subscription.ts";
import { checkWebhook } from "./webhook-check.ts";

export interface Finding {
  check: string;
  /** warn: works without it. */
  result: "ok" | "warn" | "fail" | "skipped";
  detail: string;
  remedy?: string;
  tookMs?: number;
}

const deadlineMs = 15_000;
/** Each refused question costs some seconds. */
const intentsDeadlineMs = 45_000;

/** Checks everything that a bot needs, in order, each with a remedy. Exit 0 when nothing failed, else 1 (2: settings). */
export async function doctor({ flags, options }: Invocation): Promise<number> {
  const config = oneAccount(readSettings(flags, { log: "silent" }));
  const platform = openPlatform(config);
  const findings: Finding[] = [checkFolder(config), checkCredentials(config)];
  const hasCredentials = findings[1]?.result === "ok";
  if (options.live && hasCredentials) {
    const { liveDoctor } = await import("./live.ts");
    return liveDoctor(platform, options).finally(() => platform.close());
  }
  if (typeof options.webhook === "string") {
    if (hasCredentials) findings.push(...(await checkOwnWebhook(options.webhook, platform)));
  } else {
    if (hasCredentials) findings.push(...(await checkPlatform(platform)));
    findings.push(await checkModel(platform));
  }
  await platform.close();
  const isBroken = findings.some(({ result }) => result === "fail");
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: !isBroken, findings }, null, 2)}\n`);
  else for (const finding of findings) print(finding);
  if (!isBroken) return exitCodes.ok;
  return findings.some(({ check, result }) => check === "credentials" && result === "fail")
    ? exitCodes.badInput
    : exitCodes.failed;
}

function print({ check, result, detail, remedy, tookMs }: Finding): void {
  const mark = { ok: "✓", warn: "!", fail: "✗", skipped: "-" }[result];
  const time = tookMs === undefined ? "" : ` (${Math.round(tookMs)} ms)`;
  process.stdout.write(`${mark} ${check.padEnd(12)} ${detail}${time}\n${remedy ? `  → ${remedy}\n` : ""}`);
}

function checkFolder(config: Config): Finding {
  const check = "data folder";
  try {
    return { check, result: "ok", detail: `${openHome(config.home).path} is writable` };
  } catch (error) {
    return failed(check, error);
  }
}

function checkCredentials(config: Config): Finding {
  const missing = [config.appId ? "" : "QQ_BOT_APP_ID", config.appSecret ? "" : "QQ_BOT_APP_SECRET"].filter(Boolean);
  if (missing.length === 0)
    return { check: "credentials", result: "ok", detail: `AppID ${config.appId}, secret present` };
  return {
    check: "credentials",
    result: "fail",
    detail: `${missing.join(" and ")} not set`,
    remedy: "Run `qq-skill init`, or copy both from q.qq.com (开发设置); without an account: qq-skill playground.",
  };
}

async function checkPlatform(platform: Platform): Promise<Finding[]> {
  const token = await timed("token", async () => {
    await platform.token.get(AbortSignal.timeout(deadlineMs));
    const { remainingSeconds } = platform.token.status();
    return `accepted, ${remainingSeconds ?? "?"} s of life left`;
  });
  if (token.result !== "ok") return [token];
  const path = "/users/@me";
  const api = await timed("API", async () => {
    const request = { service: "bot", method: "GET", template: path, path, repeatable: true } as const;
    const { data } = await platform.rest.request(request, AbortSignal.timeout(deadlineMs));
    return `reachable as ${(data as { username?: string } | undefined)?.username ?? "a bot without a name"}`;
  });
  if (platform.config.transport === "webhook") {
    const detail = "not used: events come by webhook";
    return [token, api, { check: "gateway", result: "skipped", detail, remedy: "Check it: doctor --webhook <url>." }];
  }
  const gateway = await timed("gateway", async () => {
    const found = await lookupGateway(platform.rest, AbortSignal.timeout(deadlineMs));
    const limit = found.session_start_limit;
    return `${new URL(found.url).host}${limit ? `, ${limit.remaining} of ${limit.total} sessions left today` : ""}`;
  });
  return gateway.result === "ok" ? [token, api, gateway, await checkIntents(platform)] : [token, api, gateway];
}

/** Whether the events of the check are stored once can be seen where the bot uses the same data folder. */
function checkOwnWebhook(url: string, platform: Platform): Promise<Finding[]> {
  const { config, appId } = platform;
  const stored = (id: string) => {
    const recent = platform.store().inbox.list({ limit: 100 });
    return recent.filter((event) => event.id === id).length || undefined;
  };
  return checkWebhook({ url, appId, secret: config.appSecret ?? "", stored });
}

/** Connects with the wanted intents and finds out which are granted; never beside a bot that runs, whose session it would end. */
async function checkIntents(platform: Platform): Promise<Finding> {
  const { config, appId } = platform;
  let lock: Lock;
  try {
    lock = acquireLock({ home: config.home, appId, owner: "qq-skill doctor" });
  } catch (error) {
    const detail = `not asked: ${error instanceof Error ? error.message : String(error)}`;
    return { check: "intents", result: "skipped", detail, remedy: "Stop that process first to have them checked." };
  }
  try {
    return await timed("intents", () => askForIntents(platform));
  } finally {
    lock.release();
  }
}

async function askForIntents(platform: Platform): Promise<string> {
  const { config, appId, token, rest, log } = platform;
  const wanted = config.intents ? parseIntents(config.intents) : defaultIntents;
  const abort = new AbortController();
  const live = Promise.withResolvers<void>();
  const search = new IntentSearch({ wanted, now: () => systemClock.now() });
  const session = createGatewaySession({
    ...{ appId, token, clock: systemClock, log, intents: search, shard: [0, 1] },
    lookup: (signal) => lookupGateway(rest, signal),
    awaitIdentifyTurn: (maxConcurrency, signal) => awaitIdentifyTurn(platform, maxConcurrency, signal),
    sessions: { load: () => undefined, save: () => undefined, clear: () => undefined },
    onDispatch: async () => undefined,
    onState: ({ state }) => {
      if (state === "live") live.resolve();
    },
  });
  const run = session.run(AbortSignal.any([abort.signal, AbortSignal.timeout(intentsDeadlineMs)]));
  try {
    await Promise.race([live.promise, run.then(() => Promise.reject(new Error(noReady(session.status()))))]);
    await platform.store().sessions.saveRefusedIntents({ mask: search.missing, askedAt: search.askedAt });
    if (search.missing === 0) return `accepted: ${intentNames(search.mask).join(", ")}`;
    throw new QQError("intents", `accepted only without ${intentNames(search.missing).join(", ")}`, {
      remedy: "Apply for them in the console, or leave them out of QQ_BOT_INTENTS.",
    });
  } finally {
    abort.abort();
    await run.catch(() => undefined);
  }
}

function noReady({ detail }: SessionStatus): string {
  return `no READY within ${intentsDeadlineMs / 1000} s${detail ? `: ${detail}` : ""}`;
}

async function checkModel(platform: Platform): Promise<Finding> {
  if (!hasModel(platform.config)) {
    const detail = "not set; only `qq-skill bot` needs it";
    return {
      check: "model",
      result: "skipped",
      detail,
      remedy: "Set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL.",
    };
  }
  return timed("model", async () => {
    const model = openModel(platform.config, platform.modelHttp);
    const request: ModelRequest = {
      messages: [
        { role: "system", text: "You call the tool that you are told to call." },
        { role: "user", text: "Call the tool `ping` now." },
      ],
      tools: [
        {
          name: "ping",
          description: "Answers pong.",
          parameters: { type: "object", properties: {}, additionalProperties: false },
        },
      ],
    };
    const reply = await model.complete(request, AbortSignal.timeout(60_000));
    if (reply.toolCalls.length > 0) return `${model.name} answers and calls tools`;
    throw new QQError("model", `${model.name} answers, but called no tool when told to`, {
      remedy: "Choose a model that supports tool calls.",
    });
  });
}

async function timed(check: string, run: () => Promise<string>): Promise<Finding> {
  const startedAt = performance.now();
  try {
    return { check, result: "ok", detail: await run(), tookMs: performance.now() - startedAt };
  } catch (error) {
    return { ...failed(check, error), tookMs: performance.now() - startedAt };
  }
}

function failed(check: string, error: unknown): Finding {
  const detail = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof QQError ? error.remedy : undefined;
  const isSourceIp = error instanceof ApiError && (error.qqCode === 11298 || error.qqCode === 40023002);
  const ip = isSourceIp
    ? "The address that the platform saw is your outbound IP, not a local one (a proxy: QQ_BOT_PROXY)."
    : "";
  const todo = [remedy, ip].filter(Boolean).join(" ");
  return { check, result: "fail", detail, ...(todo ? { remedy: todo } : {}) };
}
