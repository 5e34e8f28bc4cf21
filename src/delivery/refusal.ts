import { ApiError, NetworkError } from "../core/errors.ts";
import { actionOf } from "../protocol/error-codes.ts";

/**
 * What a failed send means for what comes next: `as_text` and `actively` = send it differently, `other_seq` = its number
 * was taken by another message, `delivered` = an earlier attempt got through, `unknown` = nobody can tell, `failed` = no.
 */
export type Verdict = "as_text" | "actively" | "other_seq" | "delivered" | "unknown" | "failed";

/** Refusals of markdown or buttons that the tables list under other actions, or not at all. */
const formRefusals: ReadonlySet<number> = new Set([40034012, 304036, 304037, 304041, 305007, 50055, 50056]);
/** Replies are used up, or this message cannot be replied to from here; an active message needs neither. */
const replyRefusals: ReadonlySet<number> = new Set([22009, 40034024, 40034025, 40034027, 304026]);

export interface Attempted {
  passive: boolean;
  /** Markdown, buttons or anything else that could be left out. */
  rich: boolean;
  /** An earlier try of the same message may have reached the platform. */
  inDoubt: boolean;
}

export function judge(error: unknown, attempted: Attempted): Verdict {
  if (error instanceof NetworkError) return error.phase === "response" ? "unknown" : "failed";
  if (!(error instanceof ApiError)) return "failed";
  const code = error.qqCode;
  if (code === undefined) return error.status >= 500 ? "unknown" : "failed";
  const action = actionOf(code, error.status);
  // A fault inside the platform, whatever its number, may come after the message went out.
  if (error.status >= 500 && action === "RETRY") return "unknown";
  const inDoubt = attempted.inDoubt || error.retried;
  if (action === "DUP") return inDoubt ? "delivered" : "other_seq";
  if (attempted.rich && (action === "FALLBACK" || formRefusals.has(code))) return "as_text";
  if (attempted.passive && (action === "EXPIRED" || replyRefusals.has(code))) return inDoubt ? "unknown" : "actively";
  return "failed";
}
