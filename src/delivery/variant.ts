import { ApiError, type QQError } from "../core/errors.ts";
import { errorCode } from "../protocol/error-codes.ts";
import type { Desk } from "./desk.ts";
import type { Refused } from "./ledger.ts";
import { defang, hostsIn } from "./links.ts";
import type { Part } from "./plan.ts";
import { standingMs } from "./refusal.ts";
import { idOf, targetNamed } from "./targets.ts";
import { chooseRoute, type Route, type Way } from "./way.ts";

/** In the key of a wake-up message; the ledger counts by it. */
export const wakeUpMark = "+wakeup";

/** How a part goes out. Each deviation from its first plan happens at most once and has its own ledger key. */
export interface Variant extends Route {
  asText: boolean;
  /** With its addresses written so that they are none. */
  noLinks: boolean;
  otherSeq: boolean;
}

/** A part that was begun before goes on the way it had taken, whatever time and counts say by now. */
export function begunVariant(desk: Desk, part: Part): Variant | undefined {
  const begun = desk
    .memory()
    .sends.attempts(part.key)
    .findLast(({ status }) => status !== "failed");
  if (!begun) return undefined;
  const marks = begun.key.slice(part.key.length);
  const [, text, noLinks, initiative, seq, newer] =
    /^(\+text)?(\+nolinks)?(\+active|\+wakeup)?(\+seq)?(\+newer:.*)?$/.exec(marks) ?? [];
  return {
    way: initiative ? (initiative === wakeUpMark ? "wakeup" : "active") : newer ? "newer" : "own",
    ...(begun.replyId === undefined ? {} : { to: targetNamed(begun.replyId) }),
    ...{ asText: text !== undefined, noLinks: noLinks !== undefined, otherSeq: seq !== undefined },
  };
}

export function keyOf({ key }: Part, { asText, noLinks, way, otherSeq, to }: Variant): string {
  const initiative = way === "active" ? "+active" : way === "wakeup" ? wakeUpMark : "";
  const newer = way === "newer" && to ? `+newer:${idOf(to)}` : "";
  return [key, asText ? "+text" : "", noLinks ? "+nolinks" : "", initiative, otherSeq ? "+seq" : "", newer].join("");
}

/** Marks stand behind the part's place in its message. */
export function isWakeUpKey(key: string): boolean {
  return key.slice(key.lastIndexOf("#")).includes(wakeUpMark);
}

/** The first form and way for a part that nobody has tried yet, by what was refused lately; undefined when no way is open. */
export async function freshVariant(desk: Desk, part: Part, closed: ReadonlySet<Way>): Promise<Variant | undefined> {
  const route = await chooseRoute(desk, closed);
  if (!route) return undefined;
  const { refusals } = desk.memory();
  const { scene } = desk.message;
  const refused = part.plain ? refusals.find(scene, "markdown") : undefined;
  if (refused) desk.notes.add(`sent as text: ${meaningOf(refused.code)}`);
  const blocked = hostsIn(wordsOf(part.content)).find((host) => refusals.find(linkPlace(scene, host), "link"));
  if (blocked) desk.notes.add(`addresses written out, not as links: ${blocked} was refused before`);
  return { ...route, asText: refused !== undefined, noLinks: blocked !== undefined, otherSeq: false };
}

/** The content of a variant, in words that the platform takes for no link where that is wanted. */
export function contentFor({ asText, noLinks }: Variant, part: Part): Part["content"] {
  const content = asText && part.plain ? part.plain : part.content;
  if (!noLinks) return content;
  if ("text" in content) return { ...content, text: defang(content.text) };
  return content.caption === undefined ? content : { ...content, caption: defang(content.caption) };
}

export function hasLinks({ noLinks }: Variant, part: Part): boolean {
  return !noLinks && hostsIn(wordsOf(part.content)).length > 0;
}

/** What a refusal says beyond this message is not tried again for a while. */
export async function rememberRefusal(
  desk: Desk,
  part: Part,
  refused: { what: Exclude<Refused, "stream">; error: QQError },
): Promise<void> {
  const { what, error } = refused;
  const code = error instanceof ApiError ? error.qqCode : undefined;
  const forMs = standingMs(what, code);
  if (forMs === undefined || code === undefined) return;
  const facts = { code, until: desk.clock.now() + forMs };
  const { refusals } = desk.memory();
  for (const place of placesOf(desk, part, what)) {
    // A switch-off that was heard stands for longer than a refusal: it is not shortened by one.
    if ((refusals.find(place, what)?.until ?? 0) < facts.until) await refusals.remember(place, what, facts);
  }
}

function placesOf({ conversation, message: { scene } }: Desk, part: Part, what: Refused): string[] {
  if (what === "active") return [conversation];
  if (what === "markdown") return [scene];
  return hostsIn(wordsOf(part.content)).map((host) => linkPlace(scene, host));
}

/** A domain may be registered while another is not. */
function linkPlace(scene: string, host: string): string {
  return `${scene} ${host}`;
}

function wordsOf(content: Part["content"]): string {
  return ("text" in content ? content.text : content.caption) ?? "";
}

export function reasonOf(error: QQError): string {
  return error instanceof ApiError && error.qqCode !== undefined ? meaningOf(error.qqCode) : error.message;
}

function meaningOf(code: number | undefined): string {
  return code === undefined ? "refused before" : `${errorCode(code)?.meaning ?? "refused"} (${code})`;
}
