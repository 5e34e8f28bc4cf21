import type { Clock } from "../core/clock.ts";
import { RateLimitError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { type Rate, rateOf } from "../protocol/rates.ts";
import type { RestRequest } from "./request.ts";

export interface Pacing {
  /** Resolves when the call may go out, with the time it waited; throws RateLimitError when that would take too long. */
  take(request: RestRequest, signal?: AbortSignal): Promise<{ bucket: string; waitedMs: number }>;
  /** After a 429: nobody passes this bucket before `delayMs` have gone. */
  close(bucket: string, delayMs: number): void;
}

interface Bucket {
  rate: Rate | undefined;
  /** Start times of the newest calls, at most `rate.limit`, oldest first. */
  starts: number[];
  closedUntil: number;
  waiting: { go(): void }[];
  /** Set while somebody waits; aborted when the last one has gone. */
  pump: AbortController | undefined;
}

/** A queue that would not move for longer than this is an error now rather than an answer in an hour. */
const longestWaitMs = 65_000;

/**
 * Holds calls back so that no window of a published rate is ever exceeded (a window of start times, not a token bucket,
 * which lets twice the rate through at its edge). "off" knows no rates, but honours refusals all the same.
 */
export function createPacing(options: { mode: "published" | "off"; clock: Clock; log: Log }): Pacing {
  const { mode, clock, log } = options;
  const buckets = new Map<string, Bucket>();
  const bucketOf = (request: RestRequest): [string, Bucket] => {
    const rate = mode === "published" ? rateOf(request.method, request.template) : undefined;
    const part = rate?.per ? ` ${rate.per}=${placeholder(request, rate.per)}` : "";
    const key = `${request.method} ${request.template}${part}`;
    const known = buckets.get(key);
    if (known) return [key, known];
    const bucket: Bucket = { rate, starts: [], closedUntil: 0, waiting: [], pump: undefined };
    if (buckets.size > 2000) forgetIdle(buckets, clock.now());
    buckets.set(key, bucket);
    return [key, bucket];
  };
  return {
    async take(request, signal) {
      signal?.throwIfAborted();
      const [key, bucket] = bucketOf(request);
      const startedAt = clock.now();
      const expectedMs = expectedWait(bucket, startedAt);
      if (expectedMs === 0) {
        note(bucket, startedAt);
        return { bucket: key, waitedMs: 0 };
      }
      if (expectedMs > longestWaitMs) throw tooLong(request, expectedMs);
      await stand(bucket, clock, signal);
      const waitedMs = clock.now() - startedAt;
      log.debug(
        { route: `${request.method} ${request.template}`, waitedMs },
        "call held back to stay under the platform's limit",
      );
      return { bucket: key, waitedMs };
    },
    close(key, delayMs) {
      const bucket = buckets.get(key);
      if (!bucket) return;
      bucket.closedUntil = Math.max(bucket.closedUntil, clock.now() + delayMs);
      log.warn({ route: key.split(" ", 2).join(" "), delayMs }, "the platform asked for a pause");
    },
  };
}

/** Queues up; resolves when it is our turn, rejects with the signal's reason when aborted first. */
function stand(bucket: Bucket, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiter = {
      go() {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
    };
    const onAbort = () => {
      bucket.waiting = bucket.waiting.filter((other) => other !== waiter);
      if (bucket.waiting.length === 0) {
        bucket.pump?.abort();
        bucket.pump = undefined;
      }
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    bucket.waiting.push(waiter);
    void pump(bucket, clock);
  });
}

/** Lets those who wait go, one by one, as the bucket opens. One pump per bucket. */
async function pump(bucket: Bucket, clock: Clock): Promise<void> {
  if (bucket.pump) return;
  const own = new AbortController();
  bucket.pump = own;
  while (bucket.waiting.length > 0) {
    const waitMs = opensAt(bucket, clock.now()) - clock.now();
    if (waitMs > 0) {
      // Ends early when nobody waits any more: a sleeping timer would hold the process.
      await clock.sleep(waitMs, own.signal).catch(() => undefined);
      if (own.signal.aborted) return;
    } else {
      note(bucket, clock.now());
      bucket.waiting.shift()?.go();
    }
  }
  bucket.pump = undefined;
}

/** When the next call may start. */
function opensAt(bucket: Bucket, now: number): number {
  const { rate, starts, closedUntil } = bucket;
  const oldest = rate && starts.length >= rate.limit ? starts[0] : undefined;
  return Math.max(now, closedUntil, oldest === undefined || !rate ? 0 : oldest + rate.perMs);
}

/** How long a newcomer would stand in the queue; 0 = passes at once. */
function expectedWait(bucket: Bucket, now: number): number {
  const firstMs = opensAt(bucket, now) - now;
  if (bucket.waiting.length === 0) return firstMs;
  const perCallMs = bucket.rate ? bucket.rate.perMs / bucket.rate.limit : 0;
  return Math.max(1, firstMs + bucket.waiting.length * perCallMs);
}

function note(bucket: Bucket, now: number): void {
  if (!bucket.rate) return;
  bucket.starts.push(now);
  if (bucket.starts.length > bucket.rate.limit) bucket.starts.shift();
}

function tooLong(request: RestRequest, waitMs: number): RateLimitError {
  const { service, method, template } = request;
  return new RateLimitError(`${method} ${template}: the published limit of this call is used up`, {
    ...{ service, method, path: template, status: 429, bucket: `${method} ${template}` },
    retryAfterMs: Math.ceil(waitMs),
    remedy: `Try again in ${Math.ceil(waitMs / 1000)} s; nothing was sent.`,
  });
}

/** The part of the path that stands where the template has `{name}`. */
function placeholder(request: RestRequest, name: string): string {
  const position = request.template.split("/").indexOf(`{${name}}`);
  return request.path.split("?")[0]?.split("/")[position] ?? "";
}

function forgetIdle(buckets: Map<string, Bucket>, now: number): void {
  for (const [key, bucket] of buckets) {
    const last = bucket.starts.at(-1) ?? 0;
    const isIdle = bucket.waiting.length === 0 && bucket.closedUntil <= now;
    if (isIdle && last + (bucket.rate?.perMs ?? 0) <= now) buckets.delete(key);
  }
}
