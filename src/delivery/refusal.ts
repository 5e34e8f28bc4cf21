import { ApiError, NetworkError } from "../core/errors.ts";
import { actionOf } from "../protocol/error-codes.ts";
import type { Refused } from "./ledger.ts";
import type { Way } from "./way.ts";

/**
 * What a failed send means for what comes next: `no_links`, `as_text` and `elsewhere` = send it differently, `other_seq` = its number
 * was taken by another message, `delivered` = an earlier attempt got through, `unknown` = nobody can tell, `failed` = no.
 */
export type Verdict = "no_links" | "as_text" | "elsewhere" | "other_seq" | "delivered" | "unknown" | "failed";

/** Refusals of markdown or buttons that the tables list under other actions, or not at all. */
const formRefusals: ReadonlySet<number> = new Set([40034012, 304036, 304037, 304041, 305007, 50055, 50056]);
/** Replies are used up, or this message cannot be replied to from here; an active message needs neither. */
const replyRefusals: ReadonlySet<number> = new Set([22009, 40034024, 40034025, 40034027, 304026]);
/** This bot has no right to that form, whatever the text: it is not tried again for a while. */
const formRights: ReadonlySet<number> = new Set([40034012, 40034090, 304036, 304037, 304041]);

/** An address, or what looks like one; the last may mean markdown just as well. */
const linkRefusals: ReadonlySet<number> = new Set([304003, 40054010, 40034104]);

const minute = 60_000;
const hour = 60 * minute;
/** Active messages are switched off or used up; with the time after which it is tried again. Switches tell by events too. */
const activeRefusals: ReadonlyMap<number, number> = new Map([
  [40034100, minute],
  [40034102, 6 * hour],
  [40034105, 6 * hour],
  [40054013, 6 * hour],
  [304022, hour],
  [304035, hour],
  [304045, hour],
  [304046, 6 * hour],
  [304047, hour],
  [304048, 6 * hour],
  [304049, hour],
  [304050, hour],
]);

/** The wake-up of the period is used up, or the person wrote too long ago. */
const wakeUpRefusals: ReadonlySet<number> = new Set([40034122, 40034123]);
/** The person, not the quota, stands against active messages. */
const unwanted: ReadonlySet<number> = new Set([40034105, 40054013]);

export interface Attempted {
  way: Way;
  /** Markdown, buttons or anything else that could be left out. */
  rich: boolean;
  /** Addresses that have not been written out yet. */
  hasLinks: boolean;
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
  if (attempted.hasLinks && linkRefusals.has(code)) return "no_links";
  if (attempted.rich && (action === "FALLBACK" || formRefusals.has(code))) return "as_text";
  if (isWayClosed(attempted.way, code, action)) return inDoubt ? "unknown" : "elsewhere";
  return "failed";
}

function isWayClosed(way: Way, code: number, action: ReturnType<typeof actionOf>): boolean {
  if (way === "wakeup" && wakeUpRefusals.has(code)) return true;
  if (way === "active" || way === "wakeup") return activeRefusals.has(code);
  return action === "EXPIRED" || replyRefusals.has(code);
}

/** Of a standing refusal of active messages; one without a code is the switch that was heard. */
export function isUnwanted(code: number | undefined): boolean {
  return code === undefined || unwanted.has(code);
}

/** The platform minds an address, or what it takes for one, and not the kind of message. */
export function isAboutLinks(code: number | undefined): boolean {
  return code !== undefined && linkRefusals.has(code);
}

/** The picture or file itself: its format, its size, its address. One whose file_info is over can be uploaded anew. */
const mediaRefusals: ReadonlySet<number> = new Set([304010, 304020, 304021, 850019, 850026, 850031]);

export function isAboutMedia(error: unknown): error is ApiError {
  return error instanceof ApiError && error.qqCode !== undefined && mediaRefusals.has(error.qqCode);
}

/** A refusal that does not tell whether it means the address or the form: then both are changed at once. */
export function isAmbiguous(error: unknown): boolean {
  return error instanceof ApiError && error.qqCode === 40034104;
}

/** How long a refusal is taken as standing: of active messages there, of markdown in the scene, of a host; undefined = not. */
export function standingMs(what: Exclude<Refused, "stream">, code: number | undefined): number | undefined {
  if (code === undefined) return undefined;
  if (what === "link") return code === 40034104 ? undefined : 24 * hour;
  if (what === "active") return activeRefusals.get(code);
  return formRights.has(code) ? 24 * hour : undefined;
}
