import { type Context, Hono } from "hono";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { webhookLimits } from "../protocol/limits.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { answerChallenge, isFresh, signerOf } from "../protocol/signature.ts";
import { type DispatchFrame, readEnvelope } from "./dispatch.ts";
import { decodeFrame, type Frame } from "./frames.ts";
import { WebhookReplays } from "./webhook-replays.ts";

export interface WebhookOptions {
  appId: string;
  secret: string;
  /** Begins with a slash. */
  path: string;
  /** Durable when it resolves; may reject: then the platform is asked to bring the event again. */
  accept(envelope: Envelope): Promise<unknown>;
  clock: Clock;
  log: Log;
  /** Events under way above which new ones are put off. */
  capacity?: number;
}

/** Why a post was turned away. Whoever posted learns the status alone. */
export type Refusal =
  | "app"
  | "type"
  | "signature"
  | "stale"
  | "size"
  | "body"
  | "challenge"
  | "busy"
  | "late"
  | "store";

export interface WebhookCounts {
  accepted: number;
  /** Came again and were known. */
  repeated: number;
  challenges: number;
  refused: Partial<Record<Refusal, number>>;
}

export interface Webhook {
  path: string;
  app: Hono;
  counts(): WebhookCounts;
  /** Events whose answer waits for the store. */
  waiting(): number;
  /** From now on every post is put off; resolves when those under way are answered. */
  stop(): Promise<void>;
}

const statuses = {
  app: 403,
  type: 415,
  signature: 401,
  stale: 401,
  size: 413,
  body: 400,
  challenge: 400,
  busy: 503,
  late: 503,
  store: 503,
} as const satisfies Record<Refusal, number>;

const defaultCapacity = 1000;
/** Address checks that carry no signature, in one minute: enough for a person at the console. */
const challengesPerMinute = 30;
const minuteMs = 60_000;

class Refused extends Error {
  readonly why: Refusal;

  constructor(why: Refusal, cause?: unknown) {
    super(why, { cause });
    this.why = why;
  }
}

/**
 * The callback door: signed posts become the same envelopes as the gateway's events, and are answered once they are durable.
 * Nothing is read from `X-Forwarded-*`. What an unsigned post can get signed (op 13) is no event whatever is asked.
 */
export function createWebhook(options: WebhookOptions): Webhook {
  const door = new Door(options);
  const app = new Hono();
  app.post(options.path, (c) => door.answer(c));
  app.all(options.path, (c) => c.json({}, 405, { allow: "POST" }));
  const { path } = options;
  return { path, app, counts: () => door.counts(), waiting: () => door.waiting, stop: () => door.stop() };
}

class Door {
  readonly #options: WebhookOptions;
  readonly #replays: WebhookReplays;
  readonly #counts: WebhookCounts = { accepted: 0, repeated: 0, challenges: 0, refused: {} };
  readonly #underWay = new Set<Promise<void>>();
  #unsigned = { since: 0, count: 0 };
  #warnedAt = 0;
  #isStopping = false;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#replays = new WebhookReplays({
      clock: options.clock,
      lifeMs: webhookLimits.freshnessMs * 2,
      limit: webhookLimits.replays,
    });
  }

  counts(): WebhookCounts {
    return { ...this.#counts, refused: { ...this.#counts.refused } };
  }

  get waiting(): number {
    return this.#underWay.size;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.allSettled(this.#underWay);
  }

  async answer(c: Context): Promise<Response> {
    const response = await this.#answer(c);
    // A kept connection would keep the server from closing.
    if (this.#isStopping) response.headers.set("connection", "close");
    return response;
  }

  async #answer(c: Context): Promise<Response> {
    try {
      if (this.#isStopping) throw new Refused("busy");
      const { body, isSigned } = await this.#read(c);
      return await this.#handle(c, body, isSigned);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#note(error, c);
      // For events the platform's own word beside the status; both ask for the event again.
      const isLater = statuses[error.why] === 503;
      // The rest of a body that is too large is not waited for.
      const headers = error.why === "size" ? { connection: "close" } : undefined;
      return c.json(isLater ? { op: opcodes.callbackAck, d: 1 } : {}, statuses[error.why], headers);
    }
  }

  /** The raw bytes, once everything that can be judged without them is in order; the signature is over just them. */
  async #read(c: Context): Promise<{ body: Buffer; isSigned: boolean }> {
    const { appId, secret, clock } = this.#options;
    const header = (name: string) => c.req.header(name);
    if ((header("x-bot-appid") ?? appId) !== appId) throw new Refused("app");
    if (!/^application\/json\s*(;|$)/i.test(header("content-type") ?? "")) throw new Refused("type");
    if ((header("content-encoding") ?? "identity") !== "identity") throw new Refused("type");
    const signature = header("x-signature-ed25519");
    const time = header("x-signature-timestamp") ?? "";
    if (signature === undefined) {
      // Nothing but an address check may come without, and that is short.
      return { body: await readBody(c, webhookLimits.challengeBytes), isSigned: false };
    }
    if (!/^[0-9a-f]{128}$/i.test(signature) || !/^\d{10,13}$/.test(time)) throw new Refused("signature");
    if (!isFresh(time, clock.now())) throw new Refused("stale");
    const body = await readBody(c, webhookLimits.bodyBytes);
    if (!signerOf(secret).verify(signature, time, body)) throw new Refused("signature");
    return { body, isSigned: true };
  }

  async #handle(c: Context, body: Buffer, isSigned: boolean): Promise<Response> {
    const frame = decodeFrame(body);
    if (frame?.op === opcodes.callbackValidation) return this.#check(c, frame, isSigned);
    if (!isSigned) throw new Refused("signature");
    if (!frame) throw new Refused("body");
    if (frame.op === opcodes.heartbeat) return c.json({ op: opcodes.heartbeatAck, d: frame.d ?? null });
    if (isDispatch(frame)) await this.#take(frame);
    else this.#options.log.warn({ op: frame.op }, "webhook: a signed post that is no event; taken and left alone");
    return c.json({ op: opcodes.callbackAck, d: 0 });
  }

  #check(c: Context, { d }: Frame, isSigned: boolean): Response {
    const { secret, clock, log } = this.#options;
    if (!isSigned) {
      const now = clock.now();
      if (now - this.#unsigned.since >= minuteMs) this.#unsigned = { since: now, count: 0 };
      if (++this.#unsigned.count > challengesPerMinute) throw new Refused("busy");
    }
    const answer = answerChallenge(d, secret, clock.now());
    if (!answer) throw new Refused("challenge");
    this.#counts.challenges++;
    log.info({ isSigned }, "webhook: the address was checked");
    return c.json(answer);
  }

  async #take(frame: DispatchFrame): Promise<void> {
    const { appId, clock, accept, capacity = defaultCapacity } = this.#options;
    const envelope = readEnvelope(frame, { source: "webhook", appId, receivedAt: clock.now() });
    // `s` counts per connection, which there is none of.
    delete envelope.seq;
    if (this.#underWay.size >= capacity) throw new Refused("busy");
    const { taken, isRepeat } = this.#replays.once(envelope.id, async () => {
      const stored = await accept(envelope);
      if (stored === "duplicate") this.#counts.repeated++;
      else this.#counts.accepted++;
    });
    if (!isRepeat) this.#follow(taken);
    else this.#counts.repeated++;
    const outcome = await this.#atMost(webhookLimits.storeWithinMs, taken);
    if (outcome === "taken") return;
    if (outcome === "late") throw new Refused("late");
    throw new Refused("store", outcome.error);
  }

  #follow(taken: Promise<void>): void {
    const settled = taken.catch(() => undefined).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  #atMost(ms: number, taken: Promise<void>): Promise<"taken" | "late" | { error: unknown }> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, () => resolve("late"));
      const end = (outcome: "taken" | { error: unknown }) => {
        cancel();
        resolve(outcome);
      };
      taken.then(
        () => end("taken"),
        (error: unknown) => end({ error }),
      );
    });
  }

  /** One line a minute at most: anybody can post. */
  #note({ why, cause }: Refused, c: Context): void {
    const { refused } = this.#counts;
    refused[why] = (refused[why] ?? 0) + 1;
    const { clock, log } = this.#options;
    const facts = {
      why,
      ...(cause === undefined ? {} : { error: cause }),
      refused,
      trace: c.req.header("x-tps-trace-id")?.slice(0, 64),
    };
    if (clock.now() - this.#warnedAt < minuteMs) {
      log.debug(facts, "webhook: a post was turned away");
    } else {
      this.#warnedAt = clock.now();
      log.warn(facts, "webhook: posts are turned away");
    }
  }
}

function isDispatch(frame: Frame): frame is DispatchFrame {
  return frame.op === opcodes.dispatch && frame.t !== undefined;
}

/** HTTP itself holds a caller to the length that it gave; without one, the bytes are counted as they come. */
async function readBody(c: Context, limit: number): Promise<Buffer> {
  const length = c.req.header("content-length");
  if (Number(length ?? 0) > limit) throw new Refused("size");
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const body = length === undefined ? c.req.raw.body : [new Uint8Array(await c.req.arrayBuffer())];
    for await (const part of body ?? []) {
      size += part.byteLength;
      if (size > limit) break;
      parts.push(part);
    }
  } catch {
    // The caller went away in the middle, or was too slow: there is nobody to tell.
    throw new Refused("body");
  }
  if (size > limit) throw new Refused("size");
  return Buffer.concat(parts);
}
