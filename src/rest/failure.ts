import { isAbort } from "../core/abort.ts";
import { isRecord } from "../core/json.ts";

export interface Failure {
  /** connect = nothing was sent; response = it may have taken effect. */
  phase: "connect" | "response";
  reason: string;
}

const connectReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that address",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name could not be looked up",
  EHOSTUNREACH: "the host is unreachable",
  ENETUNREACH: "the network is unreachable",
  UND_ERR_CONNECT_TIMEOUT: "no connection within 10 s",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
};

/** What a rejected fetch tells, from undici's own errors and from the built-in fetch, which hides them as `cause`. */
export function failureOf(error: unknown, facts: { timedOut: boolean; timeoutMs: number }): Failure {
  if (facts.timedOut) return { phase: "response", reason: `no answer within ${facts.timeoutMs / 1000} s` };
  for (const link of chain(error)) {
    const code = typeof link.code === "string" ? link.code : "";
    const known = connectReasons[code];
    if (known) return { phase: "connect", reason: `${known} (${code})` };
    if (link.syscall === "connect") return { phase: "connect", reason: `no connection (${code})` };
    // A proxy that refuses the tunnel is reported like an abort.
    const message = typeof link.message === "string" ? link.message : "";
    if (/^Proxy response \(\d+\)/.test(message)) {
      return { phase: "connect", reason: `the proxy refused the connection (${/\d+/.exec(message)?.[0]})` };
    }
  }
  if (isAbort(error)) return { phase: "response", reason: "the call was cancelled" };
  const code = [...chain(error)].map((link) => link.code).find((value) => typeof value === "string");
  return { phase: "response", reason: `the connection broke${code ? ` (${code})` : ""}` };
}

function* chain(error: unknown): Generator<Record<string, unknown>> {
  let link = error;
  for (let depth = 0; depth < 4 && isRecord(link); depth++) {
    yield link;
    // Node tries several addresses and bundles their failures.
    if (Array.isArray(link.errors) && isRecord(link.errors[0])) yield link.errors[0];
    link = link.cause;
  }
}
