import { DatabaseSync } from "node:sqlite";
import { isRecord } from "../../src/core/json.ts";
import type { Frame } from "../../src/emulator/frames.ts";
import type { Place } from "./plan.ts";
import type { SoakWorld } from "./world.ts";

/** What the run knows that neither the platform nor the bot's file tells. */
export interface Evidence {
  said: Map<number, { place: Place; at: number }>;
  /** Outer ids of the events that reached each life, in order of the lives. */
  heard: Set<string>[];
  killedAt: number[];
  hadFullDisk: boolean;
  stops: number;
  failures: string[];
  /** The message that was sent when everything was calm again. */
  last?: number;
  /** A process that was killed so soon after its READY had no time to write its session down. */
  graceMs: number;
}

export interface Verdict {
  problems: string[];
  messages: number;
  answered: number;
  /** Events of the platform's record, as sent: those that nobody ever heard are nobody's loss. */
  unheard: number;
  kills: number;
  stops: number;
  /** How often each fault struck. */
  faults: Record<string, number>;
  /** From the strike until the bot was connected again, by fault. */
  recoveriesMs: Record<string, number[]>;
  /** From the end of the trouble until everything had come right. */
  settledMs?: number;
  lastedMs?: number;
}

interface EventRow {
  id: string;
  state: string;
  error: string | null;
  payload: string;
}

/**
 * Every event that reached a living bot, was written down, or was claimed as settled has been handled, once. Messages of
 * private chats and groups have exactly one answer; those of guilds, which have no msg_seq, at most one.
 */
export function judge(facts: { world: SoakWorld; home: string; isAlive: boolean; evidence: Evidence }): Verdict {
  const { world, evidence } = facts;
  const frames = world.platform.frames.list();
  const wire = readWire(frames);
  const rows = rowsOf(facts.home);
  const problems = [...evidence.failures];
  if (!facts.isAlive) problems.push("no bot is running");
  // A session that could not be written down is no session after a crash.
  const excused =
    wire.losses +
    (evidence.hadFullDisk ? evidence.killedAt.length : 0) +
    evidence.killedAt.filter((at) => wire.isNew(at, evidence.graceMs)).length;
  const needless = wire.readyAt.length - 1 - excused;
  if (needless > 0) problems.push(`${needless} sessions were given up that could have been resumed`);
  const kept = new Set(rows.map(({ id }) => id));
  const keptQuestions = new Set(rows.map(({ payload }) => questionIn(payload)).filter((n) => n !== undefined));
  const must = new Set([...(evidence.heard.at(-1) ?? []), ...kept]);
  for (const [session, seq] of wire.claims)
    for (const event of wire.events) if (event.session === session && event.s <= seq) must.add(event.id);
  const textOf = new Map(wire.events.map((event) => [event.id, event.text]));
  const questions = new Set<number>(evidence.last === undefined ? [] : [evidence.last]);
  // Whose session was never lost has heard everything.
  if (wire.readyAt.length === 1)
    for (const [n, { at }] of evidence.said) if (at > (wire.readyAt[0] ?? 0)) questions.add(n);
  for (const id of must) {
    const n = questionIn(textOf.get(id) ?? "");
    if (n !== undefined) questions.add(n);
    if (!kept.has(id) && (n === undefined || !keptQuestions.has(n))) problems.push(`lost: ${id} (question ${n})`);
  }
  for (const { id, state, error } of rows)
    if (!["stored", "done", "absorbed"].includes(state)) problems.push(`${state}: ${id} ${error ?? ""}`);
  const answers = answersIn(world, wire.unseen);
  for (const [n, { place }] of evidence.said) {
    const count = answers.get(`answer ${n}`) ?? 0;
    const isGuild = place === "channel" || place === "dms";
    if (count > 1) problems.push(`doubled: question ${n} (${place}) has ${count} answers`);
    if (count === 0 && questions.has(n) && !isGuild) problems.push(`unanswered: question ${n} (${place})`);
    answers.delete(`answer ${n}`);
  }
  for (const text of answers.keys()) problems.push(`said unasked: ${text}`);
  return {
    problems,
    messages: evidence.said.size,
    answered: [...evidence.said.keys()].length - [...evidence.said.keys()].filter((n) => !questions.has(n)).length,
    unheard: [...evidence.said.keys()].filter((n) => !questions.has(n)).length,
    ...{ kills: evidence.killedAt.length, stops: evidence.stops },
    ...{ faults: wire.faults, recoveriesMs: wire.recoveriesMs },
  };
}

function questionIn(text: string): number | undefined {
  const found = /question (\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function rowsOf(home: string): EventRow[] {
  const database = new DatabaseSync(`${home}/qq-skill.db`, { readOnly: true });
  try {
    return database.prepare("SELECT id, state, error, payload FROM event").all() as unknown as EventRow[];
  } catch {
    // The bot has not come so far yet.
    return [];
  } finally {
    database.close();
  }
}

/** Bot messages by text, with how often each is there; those that a fault hid count as seen. */
function answersIn({ platform }: SoakWorld, unseen: readonly string[]): Map<string, number> {
  const { world, chats } = platform;
  const places = [
    ...world.users.map(({ userOpenid: id }) => ({ scene: "c2c", id }) as const),
    ...world.groups.map(({ id }) => ({ scene: "group", id }) as const),
    ...world.guilds.flatMap(({ channels }) => channels.map(({ id }) => ({ scene: "channel", id }) as const)),
    ...world.dms.map(({ id }) => ({ scene: "dms", id }) as const),
  ];
  const shown = places.flatMap((place) => chats.list(place) ?? []).map(({ row }) => row);
  const texts = [...shown.filter(({ from }) => from === "bot").map(({ content }) => content), ...unseen];
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

export interface Wire {
  events: { id: string; session: string; s: number; text: string }[];
  /** The sequence up to which a resume said that everything is settled. */
  claims: [string, number][];
  faults: Record<string, number>;
  recoveriesMs: Record<string, number[]>;
  unseen: string[];
  readyAt: number[];
  /** How often the platform ended a session for good, or refused to go on with one. */
  losses: number;
  /** Whether a session had begun less than `graceMs` before. */
  isNew(at: number, graceMs: number): boolean;
}

/** Close codes after which a session is gone; 4009 and the line itself leave it. */
const lost = (code: number) => code >= 4000 && code !== 4008 && code !== 4009;

export function readWire(frames: readonly Frame[]): Wire {
  const wire: Wire = {
    ...{ events: [], claims: [], faults: {}, recoveriesMs: {}, unseen: [], readyAt: [], losses: 0 },
    isNew: (at, graceMs) => wire.readyAt.some((readyAt) => at >= readyAt && at - readyAt <= graceMs),
  };
  let session = "";
  let withheld = 0;
  let broken: { fault: string; at: number } | undefined;
  for (const { data, at, kind, status } of frames) {
    if (!isRecord(data)) continue;
    const { op, t, s, id, d, fault } = data;
    if (typeof fault === "string") {
      wire.faults[fault] = (wire.faults[fault] ?? 0) + 1;
      if (kind === "ws" && !/_event$|^other_type$/.test(fault)) broken ??= { fault, at };
      if (fault === "not_shown" && status === 200 && isRecord(data.request)) {
        wire.unseen.push(String(data.request.content ?? ""));
      }
    }
    // After three resumes without an answer a client is right to begin anew.
    if (op === 9 && d === false) wire.losses++;
    else if (fault === "withhold_ready") wire.losses += ++withheld % 3 === 0 ? 1 : 0;
    else if (typeof data.close === "number" && lost(data.close)) wire.losses++;
    if (t === "READY") wire.readyAt.push(at);
    const body = isRecord(d) ? d : {};
    if (op === 6 && typeof body.session_id === "string") {
      session = body.session_id;
      wire.claims.push([session, Number(body.seq)]);
    }
    if (t === "READY") session = String(body.session_id);
    if ((t === "READY" || t === "RESUMED") && broken) {
      wire.recoveriesMs[broken.fault] = [...(wire.recoveriesMs[broken.fault] ?? []), at - broken.at];
      broken = undefined;
    }
    if (op === 0 && typeof id === "string") {
      wire.events.push({ id, session, s: Number(s), text: JSON.stringify(d) });
    }
  }
  return wire;
}
