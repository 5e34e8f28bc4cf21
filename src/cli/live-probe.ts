import { apiBaseOf } from "../config/load.ts";
import { isLoopbackName } from "../core/access.ts";
import { systemClock } from "../core/clock.ts";
import { NetworkError } from "../core/errors.ts";
import { isRecord, type Json } from "../core/json.ts";
import { decodeFrame } from "../events/frames.ts";
import { openSocket } from "../events/socket.ts";
import type { GatewayFrame, Heard, Line, Outcome, Probe } from "../live/probe.ts";
import { isMessageType } from "../protocol/dedupe.ts";
import { defaultIntents } from "../protocol/intents.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { conversationOf } from "../protocol/place.ts";
import { type Conversation, conversationKey } from "../protocol/scenes.ts";
import { codeOf, decodeBody } from "../rest/answer.ts";
import { createHttp } from "../rest/http.ts";
import { lookupGateway, type Platform } from "./platform.ts";
import { awaitIdentifyTurn } from "./subscription.ts";
import { version } from "./version.ts";

export interface ProbeOptions {
  target: Conversation | undefined;
  /** Gets somebody to write to the bot in the target. */
  invite(target: Conversation): void;
  /** How long that somebody has. */
  inviteMs: number;
  oldMessage: Probe["oldMessage"];
  signal: AbortSignal;
}

const callWithinMs = 15_000;
const connectWithinMs = 15_000;
/** How long a message may come again, by another way. */
const quietMs = { real: 3000, local: 200 } as const;

/** A probe on the platform of these settings: raw calls and frames, without retries. */
export function openProbe(platform: Platform, options: ProbeOptions): Probe & { close(): Promise<void> } {
  const { config, appId, token } = platform;
  const { target, signal } = options;
  const http = createHttp({ proxy: config.proxy, httpsProxy: config.httpsProxy, noProxy: config.noProxy });
  const base = apiBaseOf(config);
  const isReal = !isLoopbackName(new URL(base).host);
  const lines: OpenLine[] = [];
  const send = async (url: string, init: RequestInit): Promise<Outcome> => {
    try {
      const response = await http.fetch(url, {
        ...init,
        signal: AbortSignal.timeout(callWithinMs),
      });
      const data = decodeBody(await response.text());
      const code = codeOf(data);
      const hasTraceId = response.headers.get("x-tps-trace-id") !== null;
      return { status: response.status, ...(code ? { code } : {}), data, hasTraceId };
    } catch (error) {
      throw new NetworkError(`no answer from ${new URL(url).host}`, { phase: "response", attempts: 1, cause: error });
    }
  };
  const json = { "content-type": "application/json" };
  const probe: Probe = {
    ...{ clock: systemClock, isReal, appId, target, oldMessage: options.oldMessage },
    token: () => token.get(),
    async call(method, path, { body, base: other, authorization } = {}) {
      const headers = { ...json, authorization: authorization ?? `QQBot ${await token.get()}` };
      return send(`${other ?? base}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    },
    fetchToken: () =>
      send(config.tokenUrl, {
        method: "POST",
        headers: json,
        body: JSON.stringify({ appId, clientSecret: config.appSecret }),
      }),
    async connect() {
      const { url, session_start_limit } = await lookupGateway(platform.rest, signal);
      if (isReal) await awaitIdentifyTurn(platform, session_start_limit?.max_concurrency ?? 1, signal);
      const line = openLine(url, platform);
      lines.push(line);
      return line;
    },
    hear: () => hear(),
  };
  let listening: Promise<{ shard: number; line: OpenLine }[]> | undefined;
  async function hear(): Promise<Heard | undefined> {
    listening ??= Promise.all([0, 1].map((shard) => listenOn(probe, shard)));
    const arrivals: Heard["arrivals"] = [];
    let isInvited = false;
    const first = Promise.withResolvers<{ id: string; data: Json }>();
    const watches = (await listening).map(({ shard, line }) =>
      line.watch((frame) => {
        const message = messageIn(frame, target);
        if (!message || !isInvited) return;
        first.resolve(message);
        arrivals.push({ shard, type: frame.t ?? "", eventId: frame.id });
      }),
    );
    try {
      isInvited = true;
      if (target) options.invite(target);
      const heard = await inTime(Promise.race([first.promise, abortOf(signal)]), options.inviteMs);
      if (!heard) return undefined;
      await systemClock.sleep(isReal ? quietMs.real : quietMs.local, signal);
      return { ...heard, arrivals };
    } finally {
      for (const stop of watches) stop();
    }
  }
  return {
    ...probe,
    async close() {
      for (const line of lines) line.drop();
      await http.close();
    },
  };
}

/** One of two shards, ready to hear. */
async function listenOn(probe: Probe, shard: number): Promise<{ shard: number; line: OpenLine }> {
  const line = (await probe.connect()) as OpenLine;
  await line.next(({ op }) => op === opcodes.hello, connectWithinMs);
  line.send(opcodes.identify, {
    token: `QQBot ${await probe.token()}`,
    intents: defaultIntents,
    shard: [shard, 2],
  });
  const ready = await line.next(({ op }) => op === opcodes.dispatch || op === opcodes.invalidSession, connectWithinMs);
  if (ready?.t === "READY") return { shard, line };
  throw new NetworkError("the gateway did not answer READY", { phase: "response", attempts: 1 });
}

function messageIn(
  { t = "", d }: GatewayFrame,
  target: Conversation | undefined,
): { id: string; data: Json } | undefined {
  if (!isMessageType(t) || !isRecord(d) || typeof d.id !== "string" || !target) return undefined;
  const place = conversationOf({ type: t, data: d as Json });
  return place && conversationKey(place) === conversationKey(target) ? { id: d.id, data: d as Json } : undefined;
}

function abortOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

/** undefined when it takes longer. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = systemClock.after(ms, () => late.resolve(undefined));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}

interface OpenLine extends Line {
  watch(listener: (frame: GatewayFrame) => void): () => void;
}

function openLine(url: string, { agentFor }: Platform): OpenLine {
  const listeners = new Set<(frame: GatewayFrame) => void>();
  /** Frames that came before somebody asked. */
  const waiting: GatewayFrame[] = [];
  const end = Promise.withResolvers<number>();
  let seq: number | null = null;
  let beat: NodeJS.Timeout | undefined;
  const send = (op: number, d: Json) => socket.send(JSON.stringify({ op, d }));
  const socket = openSocket(
    url,
    { userAgent: `qq-skill/${version()}`, agentFor },
    {
      onOpen() {},
      onError() {},
      onClose(code) {
        clearInterval(beat);
        end.resolve(code);
      },
      onMessage(data) {
        const frame = decodeFrame(data);
        if (!frame) return;
        if (frame.s !== undefined) seq = frame.s;
        const interval = frame.op === opcodes.hello && isRecord(frame.d) ? Number(frame.d.heartbeat_interval) : 0;
        if (interval > 0) beat = setInterval(() => send(opcodes.heartbeat, seq), interval).unref();
        if (listeners.size === 0) waiting.push(frame);
        for (const listener of [...listeners]) listener(frame);
      },
    },
  );
  const watch = (listener: (frame: GatewayFrame) => void) => {
    listeners.add(listener);
    for (const frame of waiting.splice(0)) listener(frame);
    return () => void listeners.delete(listener);
  };
  return {
    send,
    watch,
    drop: () => socket.terminate(),
    closed: (withinMs) => inTime(end.promise, withinMs),
    async next(fits, withinMs) {
      const found = Promise.withResolvers<GatewayFrame>();
      const stop = watch((frame) => {
        if (fits(frame)) found.resolve(frame);
      });
      try {
        return await inTime(Promise.race([found.promise, end.promise.then(() => undefined)]), withinMs);
      } finally {
        stop();
      }
    },
  };
}
