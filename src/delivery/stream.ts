import { ApiError, NetworkError } from "../core/errors.ts";
import { actionOf } from "../protocol/error-codes.ts";
import { cutToLength } from "../protocol/text-width.ts";
import type { RestResponse } from "../rest/request.ts";
import type { StreamRow } from "../store/streams.ts";
import type { Room } from "./desk.ts";
import type { OutgoingMessage, ReplyTarget } from "./message.ts";
import { isAboutLinks } from "./refusal.ts";
import { sentFacts } from "./send.ts";
import { idOf, targetNamed } from "./targets.ts";
import { replyObstacle } from "./way.ts";

/** Tencent's SDK sends a frame each 500 ms and calls 300 ms the least. */
export const paceMs = 500;
/** A stream that is not closed rolls back to its first words: so often the last frame is tried. The end of the process waits for a cut. */
const closings = { said: 4, cut: 2 };
/** A frame that hangs must not hold up the answer; the docs ask for at least 5 s. */
const frameMs = 5_000;
const template = "/v2/users/{user_openid}/stream_messages";
/** A right that is missing will still be missing in the next minutes; which codes say so is not published. */
const refusedMs = 6 * 3_600_000;
const refusedActions: ReadonlySet<string> = new Set(["FIX", "FALLBACK", "PERM", "GIVEUP"]);
const hasEnded = 40034018;

/** What of an answer a frame shows. */
export type Shown = StreamRow["shown"];

export interface Answer extends Pick<OutgoingMessage, "scene" | "id"> {
  key: string;
  conversation: string;
  replyTo: ReplyTarget;
}

/**
 * Books one reply and sends the first frame; undefined when there is none to spare, or it was not taken. The last reply is
 * left alone: should the stream come to nothing, the answer still needs one.
 */
export async function openStream(room: Room, answer: Answer, first: Shown): Promise<StreamRow | undefined> {
  const { sends, streams, outgoing } = room.memory();
  const { key, conversation, replyTo } = answer;
  if (!mayOpen(room, answer)) return undefined;
  const number = streams.of(key).length + 1;
  const replyId = idOf(replyTo);
  const message = { key: `${key}/stream-${number}`, text: cutToLength(first.content.replace(/\s+/g, " "), 200) };
  const planned = outgoing.plan({ ...message, conversation, replyId, receivedAt: replyTo.receivedAt, parts: 1 });
  planned.catch(() => undefined);
  const { msgSeq } = await sends.reserve({ key: sendKey({ messageKey: key, number }), conversation, replyId });
  const row: StreamRow = {
    ...{ messageKey: key, number, conversation, state: "open", streamId: "", msgSeq, replyId, index: 0 },
    ...first,
    shown: { content: "", source: "" },
  };
  await streams.write(row);
  try {
    return await begun(room, row, sentFacts(await post(room, row, false)));
  } catch (error) {
    await giveUp(room, { row, replyTo, error });
    return undefined;
  }
}

/** The platform has it: a full disk must not make it look failed. */
async function begun(room: Room, row: StreamRow, facts: ReturnType<typeof sentFacts>): Promise<StreamRow> {
  const { messageId: streamId = "", refIdx } = facts;
  const open = { ...row, streamId, shown: contentOf(row), ...(refIdx === undefined ? {} : { refIdx }) };
  await orLogged(room, room.memory().sends.settle(sendKey(row), { status: "sent", ...facts }));
  await orLogged(room, room.memory().streams.write(open));
  return open;
}

async function orLogged({ log }: Room, written: Promise<void>): Promise<void> {
  await written.catch((error: unknown) =>
    log.error({ error }, "what a growing message shows could not be written down"),
  );
}

function mayOpen({ memory, gate, targets, clock }: Room, { scene, replyTo, conversation }: Answer): boolean {
  const { sends, refusals } = memory();
  if (!gate.isOpen() || targets.isRecalled(replyTo) || targets.isSpent(replyTo)) return false;
  // What grows is markdown from its first frame on.
  if (refusals.find(scene, "stream") || refusals.find(scene, "markdown")) return false;
  const facts = { ledger: sends, conversation, now: clock.now() };
  return replyObstacle({ scene, replyTo, keepsLast: true }, facts) === undefined;
}

/** Nothing was accepted, as far as anybody knows. */
async function giveUp(room: Room, failed: { row: StreamRow; replyTo: ReplyTarget; error: unknown }): Promise<void> {
  const { row, replyTo, error } = failed;
  const { sends, streams, refusals } = room.memory();
  const code = error instanceof ApiError ? error.qqCode : undefined;
  const action = error instanceof ApiError ? actionOf(code, error.status) : undefined;
  const isUnsent = error instanceof NetworkError && error.phase === "connect";
  const isOpen = (isLost(error) && !isUnsent) || (error instanceof ApiError && error.retried);
  room.log.info({ conversation: row.conversation, error }, "a growing message could not be begun");
  await sends.settle(sendKey(row), { status: isOpen ? "unknown" : "failed", ...(code === undefined ? {} : { code }) });
  await streams.write({ ...row, state: "aside" });
  if (action === "EXPIRED") room.targets.spend(replyTo);
  if (!isOpen && action !== undefined && refusedActions.has(action) && !isAboutLinks(code)) {
    const until = room.clock.now() + refusedMs;
    await refusals.remember("c2c", "stream", { until, ...(code === undefined ? {} : { code }) });
  }
}

/** The next frame. A frame that was lost costs nothing: the next one says all of it again. Throws what refuses the text. */
export async function growStream(room: Room, row: StreamRow, more: Shown): Promise<StreamRow> {
  const { streams } = room.memory();
  const next: StreamRow = { ...row, ...more, index: row.index + 1 };
  await streams.write(next);
  try {
    await post(room, next, false);
    return { ...next, shown: more };
  } catch (error) {
    if (isLost(error) || isTooFast(error)) return next;
    throw error;
  }
}

/**
 * The last frame, with `end` in it; what it says is refused, then with what was shown before. `isSaid`: the stream is part
 * of the answer. Resolves to the row as it is then: a cut that nobody took stays open, for the next process to close.
 */
export async function closeStream(room: Room, open: StreamRow, end: Shown, isSaid: boolean): Promise<StreamRow> {
  const { streams } = room.memory();
  let row: StreamRow = { ...open, ...end, state: isSaid ? "saying" : "open" };
  let wasLost = open.state === "saying";
  let isClosed = false;
  for (let attempt = 1; !isClosed && attempt <= (isSaid ? closings.said : closings.cut); attempt++) {
    row = { ...row, index: row.index + 1 };
    await orLogged(room, streams.write(row));
    const fate = await postLast(room, row);
    if (fate === "taken" || (fate === "ended" && wasLost)) row = { ...row, shown: contentOf(row) };
    isClosed = fate === "taken" || fate === "ended" || (fate === "refused" && row.content === row.shown.content);
    wasLost ||= fate === "lost";
    if (fate === "refused") row = { ...row, ...row.shown };
    if (fate === "lost" || fate === "too fast") await room.clock.sleep(paceMs * attempt);
  }
  if (!isClosed && !isSaid) return row;
  const ended: StreamRow = { ...row, ...row.shown, state: isSaid ? "said" : "aside" };
  await orLogged(room, streams.write(ended));
  return ended;
}

async function postLast(room: Room, row: StreamRow): Promise<"taken" | "ended" | "lost" | "too fast" | "refused"> {
  try {
    await post(room, row, true);
    return "taken";
  } catch (error) {
    if (error instanceof ApiError && error.qqCode === hasEnded) return "ended";
    if (isLost(error)) return "lost";
    if (isTooFast(error)) return "too fast";
    room.log.warn({ conversation: row.conversation, error }, "the last frame of a growing message was refused");
    return "refused";
  }
}

function contentOf({ content, source }: StreamRow): Shown {
  return { content, source };
}

/** What a former process left growing: said to its end where that was on the way, else broken off visibly. */
export async function closeOrphan(room: Room, row: StreamRow): Promise<void> {
  const { sends, streams } = room.memory();
  if (row.streamId === "") {
    await sends.settle(sendKey(row), { status: "unknown" });
    return streams.write({ ...row, state: "aside" });
  }
  const isSaid = row.state === "saying";
  const content = isSaid ? row.content : brokenOff(row.content);
  await closeStream(room, row, { content, source: row.source }, isSaid);
}

export function brokenOff(content: string): string {
  return `${content} …`;
}

async function post(room: Room, row: StreamRow, isLast: boolean): Promise<RestResponse> {
  const { msgId, eventId } = targetNamed(row.replyId);
  const body = {
    ...{ input_mode: "replace", input_state: isLast ? 10 : 1, index: row.index },
    ...{ content_type: "markdown", content_raw: row.content, msg_seq: row.msgSeq },
    ...(msgId === undefined ? { event_id: eventId } : { msg_id: msgId }),
    ...(row.streamId === "" ? {} : { stream_msg_id: row.streamId }),
  };
  const path = template.replace(/\{\w+\}/, encodeURIComponent(row.conversation.slice("c2c:".length)));
  const patience = new AbortController();
  const cancel = room.clock.after(frameMs, () => patience.abort());
  try {
    return await room.rest.request({ service: "bot", method: "POST", template, path, body }, patience.signal);
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    throw new NetworkError("a frame was not answered in time", { phase: "response", attempts: 1, cause: error });
  } finally {
    cancel();
  }
}

function sendKey({ messageKey, number }: Pick<StreamRow, "messageKey" | "number">): string {
  return `${messageKey}/stream-${number}#0/1`;
}

/** Nobody can tell whether it arrived. */
function isLost(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.status >= 500);
}

function isTooFast(error: unknown): boolean {
  return error instanceof ApiError && actionOf(error.qqCode, error.status) === "WAIT";
}
