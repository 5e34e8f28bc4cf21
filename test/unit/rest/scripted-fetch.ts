import type { Fetch, FetchInit } from "../../../src/rest/http.ts";
import type { TokenSource } from "../../../src/rest/request.ts";
import { type FakeClock, settle } from "../../kit/fake-clock.ts";

export interface Reply {
  status?: number;
  /** Objects are sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

type Script = (count: number, call: { url: string; init: FetchInit }) => Reply | Error | "silence";

/** A server that answers by script, and what it was asked. */
export function scriptedFetch(script: Script) {
  const calls: { url: string; init: FetchInit }[] = [];
  const fetch: Fetch = async (url, init) => {
    calls.push({ url, init });
    const reply = script(calls.length, { url, init });
    if (reply instanceof Error) throw reply;
    if (reply === "silence") {
      return new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    }
    const headers = new Headers(reply.headers);
    const text =
      typeof reply.body === "string" ? reply.body : reply.body === undefined ? "" : JSON.stringify(reply.body);
    return { status: reply.status ?? 200, headers, text: async () => text };
  };
  return { fetch, calls };
}

/** What undici throws, with the code that tells the cases apart. */
export function networkFailure(code: string): Error {
  return Object.assign(new Error(`failed: ${code}`), { code });
}

/** Gives `token-1`, then `token-2` after a renewal, and so on. */
export function countingTokens(): TokenSource & { renewed: string[] } {
  let number = 1;
  const renewed: string[] = [];
  return {
    renewed,
    get: async () => `token-${number}`,
    async renew(stale) {
      renewed.push(stale);
      number += 1;
      return `token-${number}`;
    },
    status: () => ({ state: "valid" }),
  };
}

/** Moves the clock until the promise has settled; its value or its error, and the time that passed. */
export async function run<T>(
  clock: FakeClock,
  promise: Promise<T>,
): Promise<{ value?: T; error?: unknown; tookMs: number }> {
  const startedAt = clock.now();
  let outcome: { value?: T; error?: unknown } | undefined;
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  for (let round = 0; round < 2_000; round++) {
    await settle();
    if (outcome) return { ...outcome, tookMs: clock.now() - startedAt };
    await clock.advance(50);
  }
  throw new Error("still waiting after 100 s of test time");
}
