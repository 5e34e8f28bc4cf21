import type { Clock } from "../core/clock.ts";
import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { hasIntent } from "../protocol/intents.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { signerOf } from "../protocol/signature.ts";
import type { Frames } from "./frames.ts";
import { randomBytes } from "./identity.ts";
import type { PlatformClock } from "./platform-clock.ts";
import type { GatewayEvent } from "./sessions.ts";

/** What may go wrong with one post; everything left out is as it should be. */
export interface Disturbance {
  /** Off from the time at which it is signed. */
  skewMs?: number;
  /** Signed with another key. */
  isForged?: boolean;
  /** How often the same bytes are posted, whatever the answers; 1 without it. */
  copies?: number;
}

export interface WebhookSenderOptions {
  app: { appId: string; appSecret: string };
  /** Posts are signed and retried on real time: the bot judges them by its own clock. */
  realClock: Clock;
  clock: PlatformClock;
  frames: Frames;
  grantedIntents: () => number;
  answerWithinMs: () => number;
  /** How long after each failed post the next one comes; its length is the number of retries. */
  retryDelaysMs: () => readonly number[];
  onChange: () => void;
  /** Asked before every post of an event. */
  disturb?: (event: GatewayEvent) => Disturbance;
}

export interface WebhookStatus {
  url: string | null;
  /** Event types that are sent; null = all. */
  events: string[] | null;
  /** Events on their way or waiting for a retry. */
  waiting: number;
  /** Events that were taken, and those given up after the last retry. */
  delivered: number;
  lost: number;
}

interface Answer {
  /** 0 when there was none. */
  status: number;
  body: unknown;
}

const maxInFlight = 64;

/**
 * The webhook end: while a callback address is set, events go there and no longer to the gateway. An answer of 2xx within
 * the time takes an event, op 12 with d 1 asks for it again; anything else is retried with the same id. That the status
 * decides, the time and the delays are unconfirmed: the platform documents none of it.
 */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  #address: { url: string; events: string[] | null } | undefined;
  #waiting = new Set<GatewayEvent>();
  #queue: (() => Promise<void>)[] = [];
  #inFlight = 0;
  #counts = { delivered: 0, lost: 0 };
  #life = new AbortController();

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#address !== undefined;
  }

  status(): WebhookStatus {
    const { url = null, events = null } = this.#address ?? {};
    return { url, events, waiting: this.#waiting.size, ...this.#counts };
  }

  /** Checks the address as the console does (op 13) and sends events there from then on. Throws InputError with its codes. */
  async register(url: string, events: string[] | null = null): Promise<void> {
    checkCallbackUrl(url);
    const token = randomBytes(10).toString("hex");
    const time = this.#seconds(0);
    const body = JSON.stringify({ op: opcodes.callbackValidation, d: { plain_token: token, event_ts: time } });
    const signer = signerOf(this.#options.app.appSecret);
    const answer = await this.#post(url, { body, time, signature: signer.sign(time, body) });
    if (answer.status === 0) throw new InputError("url", "10020 request third party failed: no answer in time");
    const given = isRecord(answer.body) ? answer.body : {};
    const isRight = given.plain_token === token && given.signature === signer.sign(time, token);
    if (answer.status !== 200 || !isRight) {
      const why = answer.status === 200 ? "plain_token or signature is wrong" : `status ${answer.status}`;
      throw new InputError("url", `13007 check endpoint error: ${why}`);
    }
    this.#address = { url, events };
    this.#options.onChange();
  }

  /** Back to the gateway; what waits is dropped. */
  unregister(): void {
    this.#life.abort();
    this.#life = new AbortController();
    this.#address = undefined;
    this.#waiting.clear();
    this.#queue = [];
    this.#options.onChange();
  }

  dispatch(event: GatewayEvent): void {
    const { events = null } = this.#address ?? {};
    if (!hasIntent(this.#options.grantedIntents(), event.intentBit)) return;
    if (events && !events.includes(event.type)) return;
    this.#waiting.add(event);
    this.#queue.push(() => this.#attempt(event, 0));
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < maxInFlight) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#inFlight++;
      void next().finally(() => {
        this.#inFlight--;
        this.#pump();
      });
    }
  }

  async #attempt(event: GatewayEvent, retries: number): Promise<void> {
    const url = this.#address?.url;
    if (url === undefined) return;
    const { signal } = this.#life;
    const isTaken = await this.#send(url, event);
    if (signal.aborted) return;
    if (isTaken) return this.#settle(event, "delivered");
    const delayMs = this.#options.retryDelaysMs()[retries];
    if (delayMs === undefined) return this.#settle(event, "lost");
    const again = () => {
      this.#queue.push(() => this.#attempt(event, retries + 1));
      this.#pump();
    };
    // Not awaited: a post that waits holds no place among those in flight. An abort means that the address is gone.
    this.#options.realClock.sleep(delayMs, signal).then(again, () => {});
  }

  async #send(url: string, event: GatewayEvent): Promise<boolean> {
    const { skewMs = 0, isForged = false, copies = 1 } = this.#options.disturb?.(event) ?? {};
    const body = JSON.stringify({ op: opcodes.dispatch, id: event.id, t: event.type, d: event.d });
    const time = this.#seconds(skewMs);
    const secret = isForged ? `not ${this.#options.app.appSecret}` : this.#options.app.appSecret;
    const post = { body, time, signature: signerOf(secret).sign(time, body) };
    const answers = await Promise.all(Array.from({ length: copies }, () => this.#post(url, post)));
    return answers.every(isTakenBy);
  }

  #settle(event: GatewayEvent, outcome: "delivered" | "lost"): void {
    this.#waiting.delete(event);
    this.#counts[outcome]++;
  }

  async #post(
    url: string,
    { body, time, signature }: { body: string; time: string; signature: string },
  ): Promise<Answer> {
    const { app, clock, frames } = this.#options;
    const headers = {
      "content-type": "application/json",
      "user-agent": "QQBot-Callback",
      "x-bot-appid": app.appId,
      "x-signature-timestamp": time,
      "x-signature-ed25519": signature,
      "x-tps-trace-id": randomBytes(16).toString("hex"),
    };
    const timeout = AbortSignal.timeout(this.#options.answerWithinMs());
    const signal = AbortSignal.any([this.#life.signal, timeout]);
    let answer: Answer;
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      answer = { status: response.status, body: parse(await response.text()) };
    } catch (error) {
      answer = { status: 0, body: timeout.aborted ? "no answer in time" : reason(error) };
    }
    const data = { request: JSON.parse(body) as unknown, response: answer.body, trace_id: headers["x-tps-trace-id"] };
    const { status } = answer;
    frames.add({ at: clock.now(), dir: "out", kind: "rest", method: "POST", path: url, status, data });
    return answer;
  }

  #seconds(skewMs: number): string {
    return String(Math.floor((this.#options.realClock.now() + skewMs) / 1000));
  }
}

function isTakenBy({ status, body }: Answer): boolean {
  const asksAgain = isRecord(body) && body.op === opcodes.callbackAck && body.d === 1;
  return status >= 200 && status < 300 && !asksAgain;
}

/** Throws InputError for an address that no post will ever go to. */
export function checkCallbackUrl(url: string): void {
  const parsed = URL.parse(url);
  if (parsed?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(parsed.hostname)) return;
  throw new InputError("url", "only http addresses of this machine (127.0.0.1, localhost, [::1])");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Any body will do: the status decides.
    return text;
  }
}

/** Fetch says "fetch failed"; what happened is in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
