import { isRecord, type Json } from "../core/json.ts";
import { defaultIntents } from "../protocol/intents.ts";
import { opcodes } from "../protocol/opcodes.ts";
import type { Line, Probe } from "./probe.ts";
import { seenOf, shapeOf } from "./probe.ts";
import type { Question } from "./question.ts";

const hosts = ["api.bot.qq.com", "api.sgroup.qq.com", "sandbox.api.sgroup.qq.com", "sandbox.api.bot.qq.com"];
const patienceMs = 10_000;
/** A bit without a meaning. */
const unknownIntent = 2 ** 5;

function recordIn(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** Nothing of these is seen by anybody. */
export const readingQuestions: readonly Question[] = [
  {
    id: "hosts",
    title: "哪些域名可用 / which hosts answer",
    assumed: "api.bot.qq.com, sandbox.api.sgroup.qq.com (config/load.ts)",
    kind: "read",
    async ask(probe) {
      if (!probe.isReal) return "a local QQ has one host";
      const answers = hosts.map(async (host): Promise<[string, Json]> => {
        const answer = await probe.call("GET", "/users/@me", { base: `https://${host}` }).catch(() => undefined);
        return [host, answer ? { status: answer.status, ...(answer.code ? { code: answer.code } : {}) } : "no answer"];
      });
      return Object.fromEntries(await Promise.all(answers));
    },
  },
  {
    id: "token",
    title: "凭证的形式和更新 / form and renewal of the access token",
    assumed: "expires_in is text, at most 7200; the same token until its last minute (protocol/limits.ts)",
    kind: "read",
    async ask(probe) {
      const [first, second] = [await probe.fetchToken(), await probe.fetchToken()];
      const [one, other] = [recordIn(first.data), recordIn(second.data)];
      return {
        ...seenOf(first),
        is_longer_than_2_hours: Number(one.expires_in) > 7200,
        is_same_again: one.access_token === other.access_token,
      };
    },
  },
  {
    id: "refused_token",
    title: "错误凭证的拒绝 / how a wrong token is refused",
    assumed: "401 with code 11244 (protocol/error-codes-data.ts)",
    kind: "read",
    async ask(probe) {
      const answer = await probe.call("GET", "/users/@me", { authorization: "QQBot not-a-token-of-anybody" });
      return { ...seenOf(answer), has_trace_id: answer.hasTraceId };
    },
  },
  {
    id: "unknown_path",
    title: "不存在的接口 / an API that does not exist",
    assumed: "404 (emulator/rest.ts)",
    kind: "read",
    ask: async (probe) => seenOf(await probe.call("GET", "/v2/no_such_api")),
  },
  {
    id: "bot_profile",
    title: "机器人资料 / the bot's profile",
    assumed: "fields of emulator/routes/bot.ts",
    kind: "read",
    ask: async (probe) => seenOf(await probe.call("GET", "/users/@me")),
  },
  {
    id: "guild_list",
    title: "频道列表 / the list of guilds",
    assumed: "fields of protocol/guild.ts",
    kind: "read",
    ask: async (probe) => seenOf(await probe.call("GET", "/users/@me/guilds?limit=1")),
  },
  {
    id: "menu",
    title: "单聊菜单 / the menu of private chats",
    assumed: "open to every bot (operations/menu.ts)",
    kind: "read",
    async ask(probe) {
      // Which fields there are depends on what the owner made.
      const { fields: _, ...seen } = seenOf(await probe.call("GET", "/v2/menu"));
      return seen;
    },
  },
  {
    id: "group_info",
    title: "群资料 / the profile of a group",
    assumed: "white list: 11253 without it (protocol/error-codes-data.ts)",
    kind: "read",
    scenes: ["group"],
    ask: async (probe) =>
      seenOf(await probe.call("GET", `/v2/groups/${encodeURIComponent(probe.target?.id ?? "")}/info`)),
  },
  {
    id: "gateway_lookup",
    title: "网关地址和当天次数 / the gateway's address and starts",
    assumed: "1000 starts a day, max_concurrency 1 (emulator/dials.ts)",
    kind: "read",
    async ask(probe) {
      const answer = await probe.call("GET", "/gateway/bot");
      const { shards, session_start_limit } = recordIn(answer.data);
      const { total, max_concurrency } = recordIn(session_start_limit);
      return {
        ...seenOf(answer),
        shards: numberOr(shards),
        total: numberOr(total),
        max_concurrency: numberOr(max_concurrency),
      };
    },
  },
  {
    id: "session",
    title: "会话与恢复 / a session, and what a resume costs",
    assumed: 'a resume costs no start; RESUMED has d "" (events/session.ts, events/resume-point.ts)',
    kind: "session",
    async ask(probe) {
      const before = await startsLeft(probe);
      const first = await probe.connect();
      const hello = await first.next(({ op }) => op === opcodes.hello, patienceMs);
      const token = `QQBot ${await probe.token()}`;
      first.send(opcodes.identify, { token, intents: defaultIntents, shard: [0, 1] });
      const ready = await first.next(({ op }) => op === opcodes.dispatch || op === opcodes.invalidSession, patienceMs);
      first.drop();
      const { session_id, user } = recordIn(ready?.d);
      const interval = recordIn(hello?.d).heartbeat_interval;
      if (typeof session_id !== "string")
        return { hello_interval_ms: numberOr(interval), ready: await endOf(first, ready?.op) };
      const afterIdentify = await startsLeft(probe);
      const second = await probe.connect();
      await second.next(({ op }) => op === opcodes.hello, patienceMs);
      second.send(opcodes.resume, { token, session_id, seq: ready?.s ?? 1 });
      const isAnswer = ({ op, t }: { op: number; t?: string }) => t === "RESUMED" || op === opcodes.invalidSession;
      const resumed = await second.next(isAnswer, patienceMs);
      second.drop();
      const afterResume = await startsLeft(probe);
      const me = recordIn((await probe.call("GET", "/users/@me")).data);
      return {
        hello_interval_ms: numberOr(interval),
        ready: shapeOf(ready?.d),
        is_ready_user_the_profile_id: recordIn(user).id === me.id,
        resumed: resumed?.t ?? (resumed ? `op ${resumed.op}` : "no answer"),
        resumed_data: resumed ? shapeOf(resumed.d) : [],
        starts_of_identify: before - afterIdentify,
        starts_of_resume: afterIdentify - afterResume,
      };
    },
  },
  {
    id: "unknown_intent",
    title: "没有意义的 intent / an intent without a meaning",
    assumed: "op 9, then close code 4013 (emulator/gateway-checks.ts)",
    kind: "session",
    async ask(probe) {
      const line = await probe.connect();
      await line.next(({ op }) => op === opcodes.hello, patienceMs);
      line.send(opcodes.identify, { token: `QQBot ${await probe.token()}`, intents: unknownIntent, shard: [0, 1] });
      const answer = await line.next(({ op }) => op !== opcodes.heartbeatAck, patienceMs);
      return endOf(line, answer?.op);
    },
  },
];

async function endOf(line: Line, op: number | undefined): Promise<{ op: Json; close: Json }> {
  const close = op === opcodes.dispatch ? undefined : await line.closed(patienceMs);
  line.drop();
  return { op: op ?? null, close: close ?? null };
}

async function startsLeft(probe: Probe): Promise<number> {
  const answer = await probe.call("GET", "/gateway/bot");
  return Number(recordIn(recordIn(answer.data).session_start_limit).remaining);
}

function numberOr(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
