import { orAborted } from "../core/abort.ts";
import type { Clock } from "../core/clock.ts";
import { isRecord } from "../core/json.ts";
import { within } from "../core/within.ts";
import { gatewayLimits, timeouts } from "../protocol/limits.ts";
import { quietly } from "./callbacks.ts";
import { Connection, type ConnectionEnd } from "./connection.ts";
import { beforeDeadline } from "./deadline.ts";
import { type DispatchFrame, readEnvelope } from "./dispatch.ts";
import { identifyFrame, resumeFrame } from "./frames.ts";
import { GatewayAddress } from "./gateway-address.ts";
import type { GatewaySessionOptions, SessionDeadlines, SessionStatus } from "./gateway-options.ts";
import { Intake } from "./intake.ts";
import { MaskQuestion } from "./mask-question.ts";
import { type AuthMode, describe, type Recovery, RecoveryPolicy, retry } from "./recovery.ts";
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
  /** Takes no more events, but keeps the connection until the end of `run`, so that messages sent meanwhile are shown. */
  hold(): void;
}

const defaultDeadlines: SessionDeadlines = {
  lookupMs: timeouts.handshakeMs,
  handshakeMs: timeouts.handshakeMs,
  helloMs: timeouts.handshakeMs,
  readyMs: gatewayLimits.readyTimeoutMs,
  closeFrameMs: gatewayLimits.closeFrameWaitMs,
  stopMs: 700,
};
const defaultCapacity = 1000;

/** One shard's session with the gateway. */
export function createGatewaySession(options: GatewaySessionOptions): GatewaySession {
  const session = new ShardSession(options);
  return {
    run: (signal) => session.run(signal),
    status: () => session.status(),
    reconnect: () => session.reconnect(),
    hold: () => session.hold(),
  };
}

class ShardSession {
  readonly #options: GatewaySessionOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #deadlines: SessionDeadlines;
  #shard: [number, number];
  readonly #point: ResumePoint;
  readonly #address: GatewayAddress;
  #policy: RecoveryPolicy;
  #intake: Intake;
  readonly #question: MaskQuestion;
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
  #isHolding = false;
  readonly #causes: Record<string, number> = {};
  #wake: (() => void) | undefined;
  #isRunning = false;
  #lastWarning = "";

  constructor(options: GatewaySessionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#deadlines = { ...defaultDeadlines, ...options.deadlines };
    this.#shard = [options.shard[0], options.shard[1]];
    const { clock, log } = options;
    this.#question = new MaskQuestion({ search: options.intents, log, onKnown: options.onIntentsKnown });
    this.#point = new ResumePoint({ store: options.sessions, shard: () => this.#shard, clock, log });
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
      shard: this.#shard,
      state: this.#state,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(seq === null ? {} : { seq }),
      ...(this.#lastAckAt === undefined ? {} : { lastAckAt: this.#lastAckAt }),
      intents: this.#question.next,
      missingIntents: this.#question.missing,
      reconnects: Math.max(0, this.#lives - 1),
      causes: this.#causes,
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

  hold(): void {
    this.#isHolding = true;
    this.#connection?.pauseReading();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#isRunning) throw new Error("This gateway session runs already.");
    if (signal.aborted) return;
    this.#isRunning = true;
    this.#isHolding = false;
    this.#policy = this.#newPolicy();
    this.#intake = this.#newIntake();
    this.#lastWarning = "";
    this.#enter("connecting");
    try {
      // What an abort rejects is not an error: the loop below ends at once.
      await orAborted(this.#point.load(this.#question.next), signal).catch(() => undefined);
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
      await this.#fetchToken(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#count("token");
      return this.#policy.planTokenFailure(error);
    }
    try {
      const mode: AuthMode = this.#point.claim() ? "resume" : "identify";
      if (mode === "identify") this.#point.clear();
      const address = await (mode === "resume"
        ? this.#address.forResume(signal)
        : this.#address.forIdentify((advised) => this.#takeAdvice(advised), signal));
      if (address.kind === "exhausted") return retry(address.detail, { delayMs: address.waitMs });
      if (mode === "identify") await this.#prepareIdentify(address.maxConcurrency, signal);
      const end = await this.#connect(address.url, mode, signal);
      if (signal.aborted) return undefined;
      if (!end.isAuthSent) this.#address.forget();
      this.#count(end.cause === "closed" ? `close_${end.code ?? 1006}` : end.cause);
      return this.#policy.plan(end, mode, this.#address.startPaceMs);
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#address.forget();
      this.#count("lookup");
      return this.#policy.planFailure(error);
    }
  }

  #count(cause: string): void {
    this.#causes[cause] = (this.#causes[cause] ?? 0) + 1;
  }

  /** Before the look-up, which needs it too: so it is known which of the two failed. */
  async #fetchToken(signal: AbortSignal): Promise<void> {
    const { token } = this.#options;
    const stale = this.#isTokenStale ? this.#accessToken : undefined;
    const limit = { ms: this.#deadlines.lookupMs, what: "The token call", clock: this.#clock };
    const fetch = (either: AbortSignal) => (stale === undefined ? token.get(either) : token.renew(stale, either));
    this.#accessToken = await beforeDeadline(limit, fetch, signal);
    this.#isTokenStale = false;
  }

  /** How many session starts must be left. */
  #takeAdvice(advisedShards: number): number {
    const { count, starts } = this.#options.adviseShards?.(advisedShards) ?? { count: this.#shard[1], starts: 1 };
    this.#shard = [this.#shard[0], count];
    return starts;
  }

  async #prepareIdentify(maxConcurrency: number, signal: AbortSignal): Promise<void> {
    const { awaitIdentifyTurn } = this.#options;
    if (awaitIdentifyTurn) await orAborted(awaitIdentifyTurn(maxConcurrency, signal), signal);
    this.#options.intents.reconsider();
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
    if (this.#isHolding) connection.pauseReading();
    const end = await connection.ended;
    signal.removeEventListener("abort", abort);
    this.#connection = undefined;
    return end;
  }

  async #authenticate(mode: AuthMode, lifetime: AbortSignal): Promise<string> {
    const accessToken = await orAborted(this.#options.token.get(lifetime), lifetime);
    this.#accessToken = accessToken;
    const claim = mode === "resume" ? this.#point.claim() : undefined;
    if (claim) return resumeFrame({ accessToken, ...claim });
    return identifyFrame({ accessToken, intents: this.#question.ask(), shard: this.#shard });
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
    if (this.#state !== "live" && !this.#isMaskFinal()) return;
    if (sessionId !== "" && sessionId === this.#point.sessionId) {
      if (frame.s !== undefined) this.#point.cursor.receive(frame.s);
      if (this.#state === "live") return;
    } else if (sessionId) this.#point.begin(sessionId, frame.s ?? null, this.#question.asked);
    else this.#options.log.warn({}, "READY without session_id: this session cannot be resumed");
    this.#goLive();
  }

  #isMaskFinal(): boolean {
    if (this.#question.accept(this.#address.startsLeft < gatewayLimits.reservedStarts)) return true;
    this.#policy.live();
    this.#connection?.drop("finding out which intents are granted");
    return false;
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
    this.#enter("live", this.#question.conclude());
    this.#options.log.info({ shard: this.#shard, resumed: this.#resumed, replayed: this.#replayed }, "gateway live");
  }

  async #recover(next: Recovery, signal: AbortSignal): Promise<void> {
    if (!next.keepSession) this.#point.clear();
    if (next.kind === "stop") throw next.error;
    if (next.renewToken) this.#isTokenStale = true;
    if (next.maskRefusal) this.#question.refuse(next.maskRefusal.code);
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

  async #settle(): Promise<void> {
    const wasLive = this.#state === "live";
    await within(this.#intake.stop(), this.#deadlines.stopMs, this.#clock);
    await within(this.#point.flush(wasLive), this.#deadlines.stopMs, this.#clock);
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
        else if (!this.#isHolding) this.#connection?.resumeReading();
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
    quietly(this.#options.log, "onState", () => this.#options.onState?.(this.status()));
  }
}
