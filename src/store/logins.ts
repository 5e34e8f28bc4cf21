import { createHash, randomBytes } from "node:crypto";
import type { Database } from "./database.ts";

/** What a person's QQ login gave us. Tokens stay in the data folder; `ref` is what others see of them. */
export interface Login {
  ref: string;
  openid: string;
  unionid?: string;
  accessToken: string;
  /** Works once; absent when it was used up. */
  refreshToken?: string;
  /** Epoch ms. */
  expiresAt: number;
}

export interface LoginChange {
  accessToken: string;
  refreshToken?: string;
  expiresAt: number;
}

/** Logins of people at one QQ Connect app, and logins that have only begun. */
export interface Logins {
  /** A new state of 256 random bits, good once and for 10 minutes. */
  begin(login: { redirectUri: string }): Promise<{ state: string; expiresAt: number }>;
  /** Uses the state up; undefined when it is unknown, used or too old. */
  finish(state: string): Promise<{ redirectUri: string } | undefined>;
  keep(login: Omit<Login, "ref">): Promise<string>;
  find(ref: string): Login | undefined;
  forget(ref: string): Promise<boolean>;
  /** False while somebody else, in any process, renews this login. The lock ends by itself. */
  lock(ref: string): Promise<boolean>;
  /** Writes the new tokens and ends the lock; on the disk when it resolves. */
  renew(ref: string, change: LoginChange): Promise<void>;
  /** Ends the lock without new tokens; `isSpent`: the refresh token is of no more use. */
  release(ref: string, facts: { isSpent: boolean }): Promise<void>;
}

interface Row {
  ref: string;
  openid: string;
  unionid: string | null;
  access_token: string;
  refresh_token: string | null;
  expires_at: number;
}

const stateLifeMs = 10 * 60_000;
/** Longer than any answer of the token call takes. */
const lockMs = 60_000;

interface LoginsOptions {
  database: Database;
  /** AppID of QQ Connect, not of the bot. */
  appId: string;
  now: () => number;
  random?: () => string;
}

export function createLogins({ database, appId, now, random = randomText }: LoginsOptions): Logins {
  const change = (sql: string, params: readonly (string | number | null)[]) =>
    // A refresh token works once: a new one that is lost in a power cut costs the person a new login.
    database.write(() => database.run(sql, params), "power");
  return {
    async begin({ redirectUri }) {
      const state = random();
      const expiresAt = now() + stateLifeMs;
      await database.write(() => {
        database.run("DELETE FROM login_state WHERE app_id = ? AND expires_at <= ?", [appId, now()]);
        const values = [appId, digest(state), redirectUri, expiresAt];
        database.run("INSERT INTO login_state (app_id, state, redirect_uri, expires_at) VALUES (?, ?, ?, ?)", values);
      });
      return { state, expiresAt };
    },
    async finish(state) {
      const row = await database.write(() =>
        database.get<{ redirect_uri: string; expires_at: number }>(
          "DELETE FROM login_state WHERE app_id = ? AND state = ? RETURNING redirect_uri, expires_at",
          [appId, digest(state)],
        ),
      );
      return row && row.expires_at > now() ? { redirectUri: row.redirect_uri } : undefined;
    },
    async keep({ openid, unionid, accessToken, refreshToken, expiresAt }) {
      const ref = `login_${random()}`;
      await change(
        `INSERT INTO login (app_id, ref, openid, unionid, access_token, refresh_token, expires_at, locked_until)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
        [appId, ref, openid, unionid ?? null, accessToken, refreshToken ?? null, expiresAt],
      );
      return ref;
    },
    find(ref) {
      const row = database.get<Row>(
        `SELECT ref, openid, unionid, access_token, refresh_token, expires_at FROM login
         WHERE app_id = ? AND ref = ?`,
        [appId, ref],
      );
      return row && readRow(row);
    },
    forget: async (ref) => (await change("DELETE FROM login WHERE app_id = ? AND ref = ?", [appId, ref])) > 0,
    async lock(ref) {
      const sql = "UPDATE login SET locked_until = ? WHERE app_id = ? AND ref = ? AND locked_until <= ?";
      return (await change(sql, [now() + lockMs, appId, ref, now()])) > 0;
    },
    async renew(ref, { accessToken, refreshToken, expiresAt }) {
      await change(
        `UPDATE login SET access_token = ?, refresh_token = ?, expires_at = ?, locked_until = 0
         WHERE app_id = ? AND ref = ?`,
        [accessToken, refreshToken ?? null, expiresAt, appId, ref],
      );
    },
    async release(ref, { isSpent }) {
      const spent = isSpent ? ", refresh_token = NULL" : "";
      await change(`UPDATE login SET locked_until = 0${spent} WHERE app_id = ? AND ref = ?`, [appId, ref]);
    },
  };
}

function readRow(row: Row): Login {
  return {
    ref: row.ref,
    openid: row.openid,
    accessToken: row.access_token,
    expiresAt: row.expires_at,
    ...(row.unionid === null ? {} : { unionid: row.unionid }),
    ...(row.refresh_token === null ? {} : { refreshToken: row.refresh_token }),
  };
}

/** The look-up is by digest: how long it takes tells nothing about a state. */
function digest(state: string): string {
  return createHash("sha256").update(state).digest("hex");
}

function randomText(): string {
  return randomBytes(32).toString("base64url");
}
