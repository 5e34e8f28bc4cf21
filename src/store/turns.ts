import type { Clock } from "../core/clock.ts";
import { isRecord, type Json } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "./database.ts";
import type { Inbox } from "./inbox.ts";

/** A pending event as a turn reads it. */
export interface LaneEvent {
  id: string;
  dedupeKeys: readonly string[];
  lane: string;
  receivedAt: number;
  payload: Json;
}

export interface LaneWork {
  position: number;
  event: LaneEvent;
  attempt: number;
  /** Results recorded by earlier attempts. */
  steps: ReadonlyMap<string, Json | undefined>;
}

export type LaneClaim =
  | { state: "claimed"; work: LaneWork }
  | { state: "empty" }
  | { state: "later"; at: number }
  | { state: "held"; owner: string; until: number };

export interface ClaimRequest {
  lane: string;
  owner: string;
  leaseMs: number;
  maxAttempts: number;
  /** An owner known to be gone: its lease counts as ended. */
  takeFrom?: string;
}

export type TurnOutcome =
  | { kind: "done"; absorbed: readonly string[] }
  /** `isPassing`: not the event's fault; however often that happens, the next attempt is its second. */
  | { kind: "failed"; error: string; retryAt: number; isPassing?: boolean }
  | { kind: "dead"; error: string }
  | { kind: "parked" };

/** What ends unanswered with the acceptance of another event. */
export interface LaneEnding {
  lane: string;
  matches(event: LaneEvent): boolean;
}

export interface DeadLetter {
  event: LaneEvent;
  attempts: number;
  error: string;
}

export interface StepRecord {
  lane: string;
  owner: string;
  position: number;
  name: string;
  result: Json | undefined;
}

export interface Settlement {
  lane: string;
  owner: string;
  position: number;
  outcome: TurnOutcome;
  /** Claim the lane's next event in the same commit; without it the lane is released. */
  next?: ClaimRequest;
}

/** The lanes: who works on which, and how far each event has come. */
export interface Turns {
  /**
   * The inbox's door, for events that bring their type in the payload. What `ends` matches is done in the same commit; its
   * ids become the new event's step `ended`.
   */
  accept(event: LaneEvent, ends?: LaneEnding): Promise<"accepted" | "duplicate">;
  watch: Inbox["watch"];
  /** Lanes with pending events; with `notHeldFrom`, without those that another owner holds right now. */
  openLanes(query?: { notHeldFrom: string }): string[];
  claim(request: ClaimRequest): Promise<LaneClaim>;
  /** Prolongs all leases of an owner and names the lanes that it still holds. */
  renew(owner: string, leaseMs: number): Promise<string[]>;
  /** False when the lane was lost to another owner. */
  recordStep(step: StepRecord): Promise<boolean>;
  settle(turn: Settlement): Promise<LaneClaim | { state: "lost" }>;
  /** Pending events of the lane behind a position, oldest first. */
  waiting(lane: string, position: number): LaneEvent[];
  /** Newest first. */
  deadLetters(limit: number): DeadLetter[];
  /** Gives a dead letter new attempts, at its old place in the lane; false when there is none of that id. */
  revive(eventId: string): Promise<boolean>;
}

interface LaneRow {
  position: number;
  id: string;
  dedupe_keys: string;
  lane: string;
  received_at: number;
  payload: string;
  attempts: number;
  due_at: number;
  error: string | null;
}

const columns = "position, id, dedupe_keys, lane, received_at, payload, attempts, due_at, error";

interface Lease {
  owner: string;
  until: number;
}

interface TurnsOptions {
  database: Database;
  inbox: Inbox;
  appId: string;
  clock: Clock;
  log: Log;
}

export function createTurns(options: TurnsOptions): Turns {
  return new SqliteTurns(options);
}

class SqliteTurns implements Turns {
  readonly #database: Database;
  readonly #inbox: Inbox;
  readonly #appId: string;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(options: TurnsOptions) {
    this.#database = options.database;
    this.#inbox = options.inbox;
    this.#appId = options.appId;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  accept(event: LaneEvent, ends?: LaneEnding): Promise<"accepted" | "duplicate"> {
    const { payload } = event;
    const type = isRecord(payload) && typeof payload.type === "string" ? payload.type : "";
    return this.#inbox.accept({ ...event, type }, ends && (() => this.#end(event.id, ends)));
  }

  watch(listener: (lane: string) => void): () => void {
    return this.#inbox.watch(listener);
  }

  openLanes(query?: { notHeldFrom: string }): string[] {
    const owner = query?.notHeldFrom ?? null;
    const rows = this.#database.all<{ lane: string }>(
      `SELECT DISTINCT lane FROM event AS e WHERE app_id = ? AND state = 'pending' AND NOT EXISTS
         (SELECT 1 FROM lease AS l WHERE ? IS NOT NULL AND l.app_id = e.app_id AND l.lane = e.lane
            AND l.owner <> ? AND l.until > ?)`,
      [this.#appId, owner, owner, this.#clock.now()],
    );
    return rows.map((row) => row.lane);
  }

  claim(request: ClaimRequest): Promise<LaneClaim> {
    return this.#database.write(() => this.#claim(request));
  }

  renew(owner: string, leaseMs: number): Promise<string[]> {
    return this.#database.write(() => {
      this.#database.run("UPDATE lease SET until = ? WHERE app_id = ? AND owner = ?", [
        this.#clock.now() + leaseMs,
        this.#appId,
        owner,
      ]);
      const sql = "SELECT lane FROM lease WHERE app_id = ? AND owner = ?";
      return this.#database.all<{ lane: string }>(sql, [this.#appId, owner]).map((row) => row.lane);
    });
  }

  recordStep({ lane, owner, position, name, result }: StepRecord): Promise<boolean> {
    return this.#database.write(() => {
      const added = this.#database.run(
        `INSERT INTO step (app_id, position, name, result)
         SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM lease WHERE app_id = ? AND lane = ? AND owner = ?)`,
        [
          ...[this.#appId, position, name, result === undefined ? null : JSON.stringify(result)],
          ...[this.#appId, lane, owner],
        ],
      );
      return added > 0;
    });
  }

  settle({ lane, owner, position, outcome, next }: Settlement): Promise<LaneClaim | { state: "lost" }> {
    return this.#database.write((): LaneClaim | { state: "lost" } => {
      const lease = this.#leaseOf(lane);
      if (lease?.owner !== owner) return { state: "lost" };
      this.#apply({ lane, position, outcome });
      if (next) return this.#claim(next, lease);
      this.#release(lane);
      return { state: "empty" };
    });
  }

  waiting(lane: string, position: number): LaneEvent[] {
    const rows = this.#database.all<LaneRow>(
      `SELECT ${columns} FROM event WHERE app_id = ? AND lane = ? AND state = 'pending' AND position > ?
       ORDER BY position`,
      [this.#appId, lane, position],
    );
    return rows.map(eventOf);
  }

  deadLetters(limit: number): DeadLetter[] {
    const rows = this.#database.all<LaneRow>(
      `SELECT ${columns} FROM event WHERE app_id = ? AND state = 'dead' ORDER BY position DESC LIMIT ?`,
      [this.#appId, limit],
    );
    return rows.map((row) => ({ event: eventOf(row), attempts: row.attempts, error: row.error ?? "unknown" }));
  }

  revive(eventId: string): Promise<boolean> {
    return this.#database.write(() => {
      const changed = this.#database.run(
        "UPDATE event SET state = 'pending', attempts = 0, due_at = 0 WHERE app_id = ? AND id = ? AND state = 'dead'",
        [this.#appId, eventId],
      );
      return changed > 0;
    });
  }

  #claim(
    { lane, owner, leaseMs, maxAttempts, takeFrom }: ClaimRequest,
    lease: Lease | undefined = this.#leaseOf(lane),
  ): LaneClaim {
    const isFree = !lease || lease.owner === owner || lease.owner === takeFrom || lease.until <= this.#clock.now();
    if (!isFree) return { state: "held", owner: lease.owner, until: lease.until };
    const row = this.#head(lane, maxAttempts);
    if (!row || row.due_at > this.#clock.now()) {
      if (lease) this.#release(lane);
      return row ? { state: "later", at: row.due_at } : { state: "empty" };
    }
    this.#database.run("INSERT OR REPLACE INTO lease (app_id, lane, owner, until) VALUES (?, ?, ?, ?)", [
      this.#appId,
      lane,
      owner,
      this.#clock.now() + leaseMs,
    ]);
    this.#database.run("UPDATE event SET attempts = attempts + 1 WHERE position = ?", [row.position]);
    const { position, attempts } = row;
    return {
      state: "claimed",
      work: {
        position,
        event: eventOf(row),
        attempt: attempts + 1,
        steps: this.#steps(position),
      },
    };
  }

  /** The oldest pending event with attempts left. Those that ended the process each time are given up on the way. */
  #head(lane: string, maxAttempts: number): LaneRow | undefined {
    for (;;) {
      const row = this.#database.get<LaneRow>(
        `SELECT ${columns} FROM event WHERE app_id = ? AND lane = ? AND state = 'pending' ORDER BY position LIMIT 1`,
        [this.#appId, lane],
      );
      if (!row || row.attempts < maxAttempts) return row;
      const error = row.error ?? "the process ended during each attempt";
      this.#bury(row.position, error);
      this.#log.error({ event: row.id, lane, attempts: row.attempts }, `an event was given up: ${error}`);
    }
  }

  #steps(position: number): Map<string, Json | undefined> {
    const rows = this.#database.all<{ name: string; result: string | null }>(
      "SELECT name, result FROM step WHERE app_id = ? AND position = ?",
      [this.#appId, position],
    );
    return new Map(rows.map((step) => [step.name, step.result === null ? undefined : JSON.parse(step.result)]));
  }

  #apply({ lane, position, outcome }: Pick<Settlement, "lane" | "position" | "outcome">): void {
    switch (outcome.kind) {
      case "done":
        this.#finish(position);
        if (outcome.absorbed.length > 0) this.#absorb({ lane, position, ids: outcome.absorbed });
        break;
      case "failed":
        this.#database.run("UPDATE event SET due_at = ?, error = ?, attempts = min(attempts, ?) WHERE position = ?", [
          outcome.retryAt,
          outcome.error,
          outcome.isPassing ? 1 : Number.MAX_SAFE_INTEGER,
          position,
        ]);
        break;
      case "dead":
        this.#bury(position, outcome.error);
        break;
      case "parked":
        this.#database.run("UPDATE event SET attempts = attempts - 1 WHERE position = ?", [position]);
    }
  }

  #end(byId: string, { lane, matches }: LaneEnding): void {
    const pending = this.#database.all<LaneRow>(
      `SELECT ${columns} FROM event WHERE app_id = ? AND lane = ? AND state = 'pending' ORDER BY position`,
      [this.#appId, lane],
    );
    const over = pending.filter((row) => matches(eventOf(row)));
    for (const { position } of over) this.#finish(position);
    this.#database.run(
      "INSERT INTO step (app_id, position, name, result) SELECT app_id, position, 'ended', ? FROM event WHERE app_id = ? AND id = ?",
      [JSON.stringify(over.map(({ id }) => id)), this.#appId, byId],
    );
  }

  #finish(position: number): void {
    this.#database.run("UPDATE event SET state = 'done' WHERE position = ?", [position]);
    this.#dropSteps(position);
  }

  #absorb({ lane, position, ids }: { lane: string; position: number; ids: readonly string[] }): void {
    this.#database.run(
      `UPDATE event SET state = 'absorbed' WHERE app_id = ? AND lane = ? AND state = 'pending' AND position > ?
         AND id IN (SELECT value FROM json_each(?))`,
      [this.#appId, lane, position, JSON.stringify(ids)],
    );
  }

  #bury(position: number, error: string): void {
    this.#database.run("UPDATE event SET state = 'dead', error = ? WHERE position = ?", [error, position]);
    this.#dropSteps(position);
  }

  #dropSteps(position: number): void {
    this.#database.run("DELETE FROM step WHERE app_id = ? AND position = ?", [this.#appId, position]);
  }

  #leaseOf(lane: string): Lease | undefined {
    return this.#database.get("SELECT owner, until FROM lease WHERE app_id = ? AND lane = ?", [this.#appId, lane]);
  }

  #release(lane: string): void {
    this.#database.run("DELETE FROM lease WHERE app_id = ? AND lane = ?", [this.#appId, lane]);
  }
}

function eventOf(row: LaneRow): LaneEvent {
  return {
    id: row.id,
    dedupeKeys: JSON.parse(row.dedupe_keys) as string[],
    lane: row.lane,
    receivedAt: row.received_at,
    payload: JSON.parse(row.payload) as Json,
  };
}
