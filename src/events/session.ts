import { orAborted } from "../core/abort.ts";
import type { Clock } from "../core/clock.ts";
import { isRecord } from "../core/json.ts";
import { closeCode } from "../protocol/close-codes.ts";
import { dropIntent, intentNames } from "../protocol/intents.ts";
import { gatewayLimits, timeouts } from "../protocol/limits.ts";
import { Connection, type ConnectionEnd } from "./connection.ts";
import { type DispatchFrame, readEnvelope } from "./dispatch.ts";
import { identifyFrame, resumeFrame } from "./frames.ts";
import { GatewayAddress } from "./gateway-address.ts";
import type { GatewaySessionOptions, SessionDeadlines, SessionStatus } from "./gateway-options.ts";
import { Intake } from "./intake.ts";
import { type AuthMode, describe, type Recovery, RecoveryPolicy, retry, stopError } from "./recovery.ts";
import { ResumePoint } from "./resume-point.ts";

export interface GatewaySession {
  /**
   * Holds the connection until `signal` aborts; then resolves, with the session saved and still resumable. Rejects with
   * a GatewayError on close codes that end it (`fatal` unless resharding helps), or with a ConfigError when settings are
   * refused before the first READY. Can be run again afterwards.
   */
  run(signal: AbortSignal): Promise<void>;
  status(): SessionStatus;
  /** Drops the socket and resumes, or ends a wait, at once. */
  reconnect(): void;
}

const defaultDeadlines: SessionDeadlines = {
  lookupMs: timeouts.handshakeMs,
  handshakeMs: timeouts.handshakeMs,
  helloMs: timeouts.handshakeMs,
  readyMs: gatewayLimits.readyTimeoutMs,
  closeFrameMs: gatewayLimits.closeFrameWaitMs,
  stopMs: 2000,
};
const defaultCapacity = 1000;

/** One shard's session with the gateway. */
export function createGatewaySession(options: GatewaySessionOptions): GatewaySession {
  const session = new ShardSession(options);
  return {
    run: (signal) => session.run(signal),
    status: () => session.status(),
    reconnect: () => session.reconnect(),
  };
}

class ShardSession {
  readonly #options: GatewaySessionOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #deadlines: SessionDeadlines;
  readonly #shard: [number, number];
  readonly #point: ResumePoint;
  readonly #address: GatewayAddress;
  #policy: RecoveryPolicy;
  #intake: Intake;
  #intents: number;
  /** The mask without what the platform refused outright: a merely suspected bit comes back. */
  #allowedIntents: number;
  #reportedRefusal: number;
  #state: SessionStatus["state"] = "stopped";
  #detail: string | undefined;
  #retryAt: number | undefined;
  #lastAckAt: number | undefined;
  #bot: SessionStatus["bot"];
  #lives = 0;
  #resumed = 0;
  #replayed = 0;
  #connection: Connection | undefined;
  #accessToken: string | undefined;
  #isTokenStale = false;
  #wake: (() => void) | undefined;
  #isRunning = false;
  #lastWarning = "";

  constructor(options: GatewaySessionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#deadlines = { ...defaultDeadlines, ...options.deadlines };
    this.#shard = [options.shard[0], options.shard[1]];
    const known = options.refusedIntents ?? 0;
    this.#intents = (options.intents & ~known) >>> 0 || options.intents;
    this.#allowedIntents = this.#intents;
    this.#reportedRefusal = options.intents - this.#intents;
    const { clock, log } = options;
    this.#point = new ResumePoint({ store: options.sessions, shard: this.#shard, clock, log });
    this.#address = new GatewayAddress({
      lookup: (signal) => options.lookup(signal),
      timeoutMs: this.#deadlines.lookupMs,
      clock,
    });
    this.#policy = this.#newPolicy();
    this.#intake = this.#newIntake();
  }

  status(): SessionStatus {
    const sessionId = this.#point.sessionId;
    const seq = this.#point.cursor.received;
    return {
      state: this.#state,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(seq === null ? {} : { seq }),
      ...(this.#lastAckAt === undefined ? {} : { lastAckAt: this.#lastAckAt }),
      intents: this.#intents,
      reconnects: Math.max(0, this.#lives - 1),
      resumed: this.#resumed,
      replayed: this.#replayed,
      backlog: this.#intake.backlog,
      ...(this.#retryAt === undefined ? {} : { retryAt: this.#retryAt }),
      ...(this.#bot ? { bot: this.#bot } : {}),
    };
  }

  reconnect(): void {
    this.#connection?.drop("reconnect asked for");
    this.#wake?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#isRunning) throw new Error("This gateway session runs already.");
    if (signal.aborted) return;
    this.#isRunning = true;
    this.#policy = this.#newPolicy();
    this.#intake = this.#newIntake();
    this.#lastWarning = "";
    this.#enter("connecting");
    try {
      // What an abort rejects is not an error: the loop below ends at once.
      await orAborted(this.#point.load(this.#intents), signal).catch(() => undefined);
      while (!signal.aborted) {
        const next = await this.#attempt(signal);
        if (next) await this.#recover(next, signal);
      }
      await this.#settle();
      this.#enter("stopped");
    } catch (error) {
      await this.#settle();
      this.#enter("failed", describe(error));
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /** One connection from look-up to end; undefined when aborted. */
  async #attempt(signal: AbortSignal): Promise<Recovery | undefined> {
    this.#enter("connecting", this.#detail);
    try {
      const mode: AuthMode = this.#point.claim(this.#intents) ? "resume" : "identify";
      if (mode === "identify") this.#point.clear();
      const address = await (mode === "resume" ? this.#address.forResume(signal) : this.#address.forIdentify(signal));
      if (address.kind === "exhausted") return retry(address.detail, { delayMs: address.waitMs });
      const { awaitIdentifyTurn } = this.#options;
      if (mode === "identify" && awaitIdentifyTurn) await orAborted(awaitIdentifyTurn(signal), signal);
      const end = await this.#connect(address.url, mode, signal);
      if (!end.isAuthSent) this.#address.forget();
      return signal.aborted ? undefined : this.#policy.plan(end, mode);
    } catch (error) {
      this.#address.forget();
      return signal.aborted ? undefined : this.#policy.planFailure(error);
    }
  }

  async #connect(url: string, mode: AuthMode, signal: AbortSignal): Promise<ConnectionEnd> {
    signal.throwIfAborted();
    const connection = new Connection({
      url,
      socket: { userAgent: "qq-skill", ...this.#options.webSocket },
      deadlines: this.#deadlines,
      clock: this.#clock,
      random: this.#random,
      log: this.#options.log,
      lastSeq: () => this.#point.cursor.received,
      authenticate: (lifetime) => this.#authenticate(mode, lifetime),
      onDispatch: (frame) => this.#onDispatch(frame, mode),
      onAck: () => {
        this.#lastAckAt = this.#clock.now();
        this.#point.touch();
      },
    });
    const abort = () => connection.drop("stopped");
    signal.addEventListener("abort", abort, { once: true });
    this.#connection = connection;
    const end = await connection.ended;
    signal.removeEventListener("abort", abort);
    this.#connection = undefined;
    return end;
  }

  async #authenticate(mode: AuthMode, lifetime: AbortSignal): Promise<string> {
    const { token } = this.#options;
    const stale = this.#isTokenStale ? this.#accessToken : undefined;
    const pending = stale === undefined ? token.get(lifetime) : token.renew(stale, lifetime);
    const accessToken = await orAborted(pending, lifetime);
    this.#isTokenStale = false;
    this.#accessToken = accessToken;
    const claim = mode === "resume" ? this.#point.claim(this.#intents) : undefined;
    if (claim) return resumeFrame({ accessToken, ...claim });
    return identifyFrame({ accessToken, intents: this.#intents, shard: this.#shard });
  }

  #onDispatch(frame: DispatchFrame, mode: AuthMode): void {
    if (frame.t === "READY") this.#onReady(frame);
    else if (frame.t === "RESUMED") this.#onResumed(frame);
    else this.#onEvent(frame, mode);
  }

  #onReady(frame: DispatchFrame): void {
    const data = isRecord(frame.d) ? frame.d : {};
    const user = isRecord(data.user) ? data.user : {};
    const { id, username } = user;
    if (typeof id === "string") this.#bot = { id, ...(typeof username === "string" ? { name: username } : {}) };
    const sessionId = typeof data.session_id === "string" ? data.session_id : "";
    if (sessionId !== "" && sessionId === this.#point.sessionId) {
      if (frame.s !== undefined) this.#point.cursor.receive(frame.s);
      if (this.#state === "live") return;
    } else if (sessionId) this.#point.begin(sessionId, frame.s ?? null, this.#intents);
    else this.#options.log.warn({}, "READY without session_id: this session cannot be resumed");
    this.#goLive();
  }

  #onResumed(frame: DispatchFrame): void {
    if (frame.s !== undefined) this.#point.cursor.receive(frame.s);
    if (this.#state === "live") return;
    this.#resumed++;
    this.#point.touch();
    this.#goLive();
  }

  #onEvent(frame: DispatchFrame, mode: AuthMode): void {
    if (mode === "resume" && this.#state !== "live") this.#replayed++;
    const envelope = readEnvelope(frame, {
      source: "gateway",
      appId: this.#options.appId,
      shard: this.#shard,
      receivedAt: this.#clock.now(),
    });
    const settle = frame.s === undefined ? undefined : this.#point.cursor.track(frame.s);
    this.#intake.offer(envelope, () => {
      settle?.();
      this.#point.changed();
    });
  }

  #goLive(): void {
    this.#policy.live();
    this.#lives++;
    this.#lastWarning = "";
    const missing = this.#options.intents - this.#intents;
    const names = intentNames(missing).join(", ");
    this.#enter("live", missing > 0 ? `without intents that the platform refuses: ${names}` : undefined);
    this.#options.log.info({ shard: this.#shard, resumed: this.#resumed, replayed: this.#replayed }, "gateway live");
    if (missing === this.#reportedRefusal) return;
    this.#reportedRefusal = missing;
    this.#quietly("onIntentsRefused", () => this.#options.onIntentsRefused?.(missing));
  }

  async #recover(next: Recovery, signal: AbortSignal): Promise<void> {
    if (!next.keepSession) this.#point.clear();
    if (next.kind === "stop") throw next.error;
    if (next.renewToken) this.#isTokenStale = true;
    if (next.giveUpIntent) this.#giveUpIntent(next.giveUpIntent);
    const facts = { shard: this.#shard, delayMs: next.delayMs };
    if (next.detail === this.#lastWarning) this.#options.log.debug(facts, next.detail);
    else this.#options.log.warn(facts, `gateway: ${next.detail}`);
    this.#lastWarning = next.detail;
    await this.#wait(next.delayMs, next.detail, signal);
  }

  async #wait(delayMs: number, detail: string, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    this.#wake = () => early.abort();
    this.#retryAt = this.#clock.now() + delayMs;
    this.#enter("waiting", detail);
    try {
      if (delayMs > 0) await this.#clock.sleep(delayMs, AbortSignal.any([signal, early.signal]));
    } catch (reason) {
      if (!signal.aborted && !early.signal.aborted) throw reason;
    } finally {
      this.#wake = undefined;
      this.#retryAt = undefined;
    }
  }

  /** Throws when the platform refuses the mask and nothing is left to give up. */
  #giveUpIntent(reason: { code: number } | "suspected"): void {
    const next = dropIntent(this.#intents);
    if (next) {
      this.#intents = next.mask;
      if (reason !== "suspected") this.#allowedIntents = next.mask;
      const facts = { intent: next.dropped.name, left: intentNames(next.mask) };
      this.#options.log.warn(facts, "the platform refuses these intents; trying without one");
      return;
    }
    if (reason !== "suspected") throw stopError(closeCode(reason.code), true);
    this.#intents = this.#allowedIntents;
  }

  async #settle(): Promise<void> {
    const wasLive = this.#state === "live";
    await this.#atMost(this.#deadlines.stopMs, this.#intake.stop());
    await this.#atMost(this.#deadlines.stopMs, this.#point.flush(wasLive));
  }

  async #atMost(ms: number, work: Promise<void>): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      const end = () => {
        cancel();
        resolve();
      };
      work.then(end, end);
    });
  }

  #newPolicy(): RecoveryPolicy {
    return new RecoveryPolicy({ random: this.#random, now: () => this.#clock.now() });
  }

  #newIntake(): Intake {
    return new Intake({
      accept: (envelope) => this.#options.onDispatch(envelope),
      capacity: this.#options.capacity ?? defaultCapacity,
      onPressure: (isFull) => {
        if (isFull) this.#connection?.pauseReading();
        else this.#connection?.resumeReading();
      },
      clock: this.#clock,
      log: this.#options.log,
    });
  }

  #enter(state: SessionStatus["state"], detail?: string): void {
    const isSame = this.#state === state && this.#detail === detail;
    this.#state = state;
    this.#detail = detail;
    if (isSame) return;
    this.#quietly("onState", () => this.#options.onState?.(this.status()));
  }

  #quietly(name: string, call: () => unknown): void {
    const report = (error: unknown) => this.#options.log.error({ callback: name, error }, "a callback failed");
    try {
      Promise.resolve(call()).catch(report);
    } catch (error) {
      report(error);
    }
  }
}
