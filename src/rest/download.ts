import { InputError, NetworkError } from "../core/errors.ts";
import { isMediaUrl } from "../protocol/media-hosts.ts";

/** Fetches an attachment. Rejects with QQError where it is not to be had from there, or is larger than `maxBytes`. */
export type Download = (url: string, maxBytes: number, signal?: AbortSignal) => Promise<Uint8Array>;

export interface DownloadOptions {
  /** One that follows no redirect by itself. */
  fetch: typeof globalThis.fetch;
  /** Origin of a local QQ, beside the hosts of the real one. */
  localOrigin?: string | undefined;
}

const mostRedirects = 3;

/** From QQ's hosts alone, also after a redirect: an address in an event is no reason to call on the operator's own network. */
export function createDownload({ fetch, localOrigin }: DownloadOptions): Download {
  const check = (address: string) => {
    if (isMediaUrl(address) || (localOrigin !== undefined && URL.parse(address)?.origin === localOrigin)) return;
    throw new InputError("url", "this attachment does not lie on one of QQ's hosts", {
      remedy: "Send it in the chat, so that QQ keeps it.",
    });
  };
  return async (url, maxBytes, signal) => {
    let address = url;
    for (let redirects = 0; ; redirects++) {
      check(address);
      const response = await get(fetch, address, signal);
      const next = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || next === null) return read(response, maxBytes);
      void response.arrayBuffer().catch(() => undefined);
      if (redirects >= mostRedirects) throw gone(response.status);
      address = new URL(next, address).href;
    }
  };
}

async function get(fetch: typeof globalThis.fetch, url: string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(url, { redirect: "manual", ...(signal ? { signal } : {}) });
  } catch (error) {
    signal?.throwIfAborted();
    throw new NetworkError("the attachment could not be fetched", { phase: "connect", attempts: 1, cause: error });
  }
}

async function read(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.status !== 200) throw gone(response.status);
  if (Number(response.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving early gives the rest of the body up.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function gone(status: number): NetworkError {
  return new NetworkError(`the attachment is not to be had (HTTP ${status})`, {
    ...{ phase: "response", attempts: 1, retryable: false },
    remedy: "Attachments expire after hours: ask for it again.",
  });
}

function tooLarge(maxBytes: number): InputError {
  return new InputError("url", `the attachment has more than ${Math.floor(maxBytes / 1024)} kB`, {
    remedy: "Ask for a smaller one.",
  });
}
