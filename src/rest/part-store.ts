import type { Clock } from "../core/clock.ts";
import { ApiError, NetworkError } from "../core/errors.ts";
import { timeouts } from "../protocol/limits.ts";
import { failureOf } from "./failure.ts";
import type { Fetch } from "./http.ts";

/** The address is a credential, so that errors name this instead. */
const route = "presigned_url";

/**
 * Puts one part into the platform's file store. No Authorization: the address itself is signed, and the bot's token is none of
 * that host's business. Throws ApiError for a refusal (retryable from 500 on), NetworkError without an answer.
 */
export async function putPart(
  desk: { fetch: Fetch; clock: Clock },
  part: { url: string; bytes: Uint8Array },
  signal?: AbortSignal,
): Promise<void> {
  const abort = new AbortController();
  const end = () => abort.abort();
  let timedOut = false;
  const cancel = desk.clock.after(timeouts.partMs, () => {
    timedOut = true;
    end();
  });
  signal?.addEventListener("abort", end, { once: true });
  try {
    signal?.throwIfAborted();
    const headers = { "content-length": String(part.bytes.byteLength) };
    const init = { method: "PUT", headers, body: part.bytes, signal: abort.signal };
    const response = await desk.fetch(part.url, init);
    await response.text();
    if (response.status < 200 || response.status > 299) throw refused(response.status);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (signal?.aborted) throw signal.reason;
    const { phase, reason } = failureOf(error, { timedOut, timeoutMs: timeouts.partMs });
    throw new NetworkError(`PUT ${route}: the file store gave no answer: ${reason}`, {
      ...{ phase, attempts: 1, cause: error },
      remedy: "Check the network and the proxy, then upload again: what has arrived is not sent twice.",
    });
  } finally {
    cancel();
    signal?.removeEventListener("abort", end);
  }
}

function refused(status: number): ApiError {
  return new ApiError(`PUT ${route}: the file store refused a part of the file (HTTP ${status})`, {
    ...{ service: "bot", method: "PUT", path: route, status },
    retryable: status >= 500 || status === 408 || status === 429,
    remedy: "Upload the file again.",
  });
}
