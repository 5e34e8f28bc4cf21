/**
 * What to do when the gateway closed the socket. `resume`: keep the session. `identify`: forget it and begin anew.
 * `refresh_token`: keep the session, fetch a new token first. `wait_resume`: wait `waitMs`, then resume. `drop_intent`:
 * give up an optional intent and identify. `reshard`: ask for the shard count again and identify everything. `stop`: end.
 */
export type CloseAction = "resume" | "identify" | "refresh_token" | "wait_resume" | "drop_intent" | "reshard" | "stop";

export interface CloseCode {
  code: number;
  meaning: string;
  action: CloseAction;
  /** Nothing that this process does can help. */
  fatal: boolean;
  /** The platform itself took the bot down (offline, banned): never try again. */
  forGood: boolean;
  /** The wait before the action, where it is not the usual backoff; 0 = at once. */
  waitMs?: number;
  /** After this many in a row, stop. */
  maxInARow?: number;
  remedy: string;
}

type Row = Omit<CloseCode, "code" | "fatal" | "forGood">;

const wait = "Nothing to do: the connection is restored by itself.";
const report = "This is a fault of the program: report it with the log around this line.";

/** Source: official close-code table, Tencent's SDKs and reports from the field, as of 2026-09. */
const rows: Readonly<Record<number, Row>> = {
  1000: { meaning: "closed in order (the gateway drains)", action: "resume", remedy: wait },
  1001: { meaning: "gateway goes away", action: "resume", remedy: wait },
  1005: { meaning: "closed without a reason", action: "resume", remedy: wait },
  1006: { meaning: "connection lost", action: "resume", remedy: "Check the network when this repeats." },
  4000: { meaning: "unknown error", action: "resume", remedy: wait },
  4001: { meaning: "invalid opcode", action: "identify", maxInARow: 1, remedy: report },
  4002: { meaning: "invalid payload", action: "identify", maxInARow: 1, remedy: report },
  4003: { meaning: "not authenticated yet", action: "identify", maxInARow: 5, remedy: report },
  4004: {
    meaning: "token wrong or expired",
    action: "refresh_token",
    maxInARow: 5,
    remedy: "Check QQ_BOT_APP_ID and QQ_BOT_APP_SECRET: the secret may have been reset in the console.",
  },
  4005: { meaning: "authenticated twice", action: "resume", remedy: report },
  4006: { meaning: "session is no longer valid", action: "identify", remedy: wait },
  4007: { meaning: "sequence number refused", action: "identify", remedy: wait },
  4008: { meaning: "sent too fast", action: "wait_resume", waitMs: 60_000, remedy: wait },
  4009: { meaning: "connection expired", action: "resume", waitMs: 0, remedy: wait },
  4010: {
    meaning: "invalid shard",
    action: "stop",
    remedy: "Correct the shard settings: the id must be below the count.",
  },
  4011: { meaning: "too many guilds for one shard", action: "reshard", remedy: "Raise the number of shards." },
  4012: { meaning: "invalid gateway version", action: "stop", remedy: "Update this program." },
  4013: {
    meaning: "invalid intents",
    action: "stop",
    remedy: "Correct QQ_BOT_INTENTS: it holds a bit that the platform does not know.",
  },
  4014: {
    meaning: "intents that this bot is not granted",
    action: "drop_intent",
    remedy: "Apply for the event in the console, or leave it out of QQ_BOT_INTENTS.",
  },
  4902: {
    meaning: "reset by another resume",
    action: "identify",
    remedy: "Check whether a second process runs with the same app id.",
  },
  4903: {
    meaning: "session could not be created",
    action: "identify",
    remedy: "Check the intents, the IP list and the daily session limit in the console.",
  },
  4914: {
    meaning: "bot is offline: only the sandbox may connect",
    action: "stop",
    remedy: "Put the bot online in the console, or set QQ_BOT_SANDBOX=true.",
  },
  4915: { meaning: "bot is banned", action: "stop", remedy: "Appeal in the console of q.qq.com." },
};

const internal: Row = { meaning: "internal error of the gateway", action: "identify", remedy: wait };
const strange: Row = {
  meaning: "unknown reason",
  action: "identify",
  maxInARow: 10,
  remedy: "If it repeats, look the code up in the platform's documentation.",
};

/** Every code has an entry; undefined (no close frame) counts as a lost connection. */
export function closeCode(code: number | undefined): CloseCode {
  const known = code ?? 1006;
  const row = rows[known] ?? fallback(known);
  return { code: known, ...row, fatal: row.action === "stop", forGood: known === 4914 || known === 4915 };
}

/** Codes with an entry of their own, ascending. */
export const knownCloseCodes: readonly number[] = Object.keys(rows).map(Number);

function fallback(code: number): Row {
  if (code >= 4900 && code <= 4913) return internal;
  return code >= 4000 && code <= 4999 ? strange : { meaning: "connection lost", action: "resume", remedy: wait };
}
