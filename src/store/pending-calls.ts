import { createHmac, randomBytes, randomInt } from "node:crypto";
import { isSameToken } from "../core/access.ts";
import type { Json } from "../core/json.ts";
import type { Database } from "./database.ts";

export type Answer = "approve" | "deny";

/** A call that waits for a person's word in a chat. */
export interface PendingCall {
  /** Short: people may have to type it. */
  id: string;
  /** Where the word must come from. */
  conversation: string;
  operation: string;
  input: Json;
  /** Whatever the asker needs again. */
  facts: Json;
  expiresAt: number;
}

/**
 * taken: the word counts, and a call is to be run now. denied: the word counts. interrupted: the same word was taken
 * before, and nobody knows whether the call ran. settled: it ran, with this outcome. decided: by another word.
 */
export type Decision =
  | { verdict: "taken" | "denied" | "interrupted"; call: PendingCall }
  | { verdict: "settled"; call: PendingCall; outcome: string }
  | { verdict: "decided" | "expired" | "unknown" };

/** Calls that wait, in the table of approvals. Shared by all processes on the data folder, and kept over restarts. */
export interface PendingCalls {
  /** The same `key` is the same call again. */
  ask(asked: Omit<PendingCall, "id"> & { key: string }): Promise<PendingCall>;
  /** What a button carries: signed, for this call and answer alone. */
  signature(id: string, answer: Answer): string | undefined;
  isSigned(id: string, answer: Answer, signature: string): boolean;
  /** The ids that wait in a conversation, oldest first; or the one on which `word` decided before. */
  waiting(conversation: string, word?: string): string[];
  /** Counts once. `word` names the event in which it was said: after a crash the same event finds what became of it. */
  decide(said: { id: string; conversation: string; answer: Answer; by: string; word: string }): Promise<Decision>;
  /** What came of a call that was taken. */
  settle(id: string, outcome: string): Promise<void>;
}

interface Row {
  position: number;
  subject: string;
  conversation: string;
  call: string;
  secret: string;
  expires_at: number;
  state: "waiting" | "running" | "settled" | "denied";
  word: string | null;
  outcome: string | null;
}

/** Without letters and digits that look alike. */
const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
const idLength = 5;

interface PendingCallsOptions {
  database: Database;
  appId: string;
  now: () => number;
  /** Clears old rows of the table away. */
  prune(): void;
}

export function createPendingCalls({ database, appId, now, prune }: PendingCallsOptions): PendingCalls {
  const columns = "position, subject, conversation, call, secret, expires_at, state, word, outcome";
  const find = (id: string) =>
    database.get<Row>(`SELECT ${columns} FROM approval WHERE app_id = ? AND subject = ? AND call IS NOT NULL`, [
      appId,
      subjectOf(id),
    ]);
  const set = (row: Row, state: Row["state"], by: { who: string; word: string }) =>
    database.run("UPDATE approval SET used = 1, state = ?, decided_by = ?, word = ? WHERE position = ?", [
      ...[state, by.who, by.word],
      row.position,
    ]);

  function add({ key, conversation, expiresAt, ...call }: Parameters<PendingCalls["ask"]>[0]): Row {
    const known = database.get<Row>(`SELECT ${columns} FROM approval WHERE app_id = ? AND call_key = ?`, [appId, key]);
    if (known) return known;
    prune();
    let id = newId();
    while (find(id)) id = newId();
    database.run(
      `INSERT INTO approval (app_id, subject, code_digest, expires_at, call_key, conversation, call, secret, state)
       VALUES (?, ?, '', ?, ?, ?, ?, ?, 'waiting')`,
      [appId, subjectOf(id), expiresAt, key, conversation, JSON.stringify(call), randomBytes(24).toString("hex")],
    );
    return find(id) as Row;
  }

  function decide({ id, conversation, answer, by, word }: Parameters<PendingCalls["decide"]>[0]): Decision {
    const row = find(id);
    if (!row || row.conversation !== conversation) return { verdict: "unknown" };
    const call = callOf(row);
    if (row.state !== "waiting") {
      if (row.word !== word) return { verdict: "decided" };
      if (row.state === "denied") return { verdict: "denied", call };
      return row.state === "running"
        ? { verdict: "interrupted", call }
        : { verdict: "settled", call, outcome: row.outcome ?? "" };
    }
    if (row.expires_at <= now()) return { verdict: "expired" };
    set(row, answer === "approve" ? "running" : "denied", { who: by, word });
    return { verdict: answer === "approve" ? "taken" : "denied", call };
  }

  const signature = (id: string, answer: Answer) => {
    const secret = find(id)?.secret;
    if (secret === undefined) return undefined;
    return createHmac("sha256", secret).update(`${appId} ${id} ${answer}`).digest("hex").slice(0, 32);
  };

  return {
    ask: async (asked) => callOf(await database.write(() => add(asked))),
    signature,
    isSigned(id, answer, given) {
      const own = signature(id, answer);
      return own !== undefined && isSameToken(given, own);
    },
    waiting(conversation, word = "") {
      const sql = "SELECT subject FROM approval WHERE app_id = ? AND conversation = ? AND call IS NOT NULL AND";
      const decided = database.all<{ subject: string }>(`${sql} word = ?`, [appId, conversation, word]);
      const open = () =>
        database.all<{ subject: string }>(`${sql} state = 'waiting' AND expires_at > ? ORDER BY position`, [
          ...[appId, conversation],
          now(),
        ]);
      return (decided.length > 0 ? decided : open()).map(({ subject }) => idOf(subject));
    },
    // On the disk before anything runs: after a crash it must not run again.
    decide: (said) => database.write(() => decide(said), "power"),
    settle: (id, outcome) =>
      database.write(() => {
        database.run("UPDATE approval SET state = 'settled', outcome = ? WHERE app_id = ? AND subject = ?", [
          ...[outcome, appId],
          subjectOf(id),
        ]);
      }, "power"),
  };
}

function newId(): string {
  return Array.from({ length: idLength }, () => alphabet[randomInt(alphabet.length)]).join("");
}

function subjectOf(id: string): string {
  return `call ${id.trim().toUpperCase()}`;
}

function idOf(subject: string): string {
  return subject.slice("call ".length);
}

function callOf({ subject, conversation, call, expires_at: expiresAt }: Row): PendingCall {
  const { operation, input, facts } = JSON.parse(call) as Pick<PendingCall, "operation" | "input" | "facts">;
  return { id: idOf(subject), conversation, operation, input, facts, expiresAt };
}
