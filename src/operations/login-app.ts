import { ConfigError, InputError } from "../core/errors.ts";
import type { TokenSource } from "../rest/request.ts";
import type { Login, Logins } from "../store/logins.ts";
import type { MiniSessions } from "../store/mini-sessions.ts";

/** The app of QQ login: its public settings, and the vault of its people's tokens. */
export interface LoginApp {
  appId: string | undefined;
  /** Without a trailing slash. */
  base: string;
  redirectUri: string | undefined;
  /** Throws ConfigError when the data folder cannot be used. */
  logins(): Logins;
}

/** One file of a project folder. */
export interface ProjectFile {
  /** Below the folder, with `/`. */
  path: string;
  bytes: number;
  read(): Promise<string>;
}

/** The mini program: its public settings, its token, its people's session keys, and the files it may touch. */
export interface MiniApp {
  appId: string | undefined;
  token: TokenSource;
  sessions(): MiniSessions;
  /** Where the code image of a page is kept; undefined when it was not made yet. */
  findCode(page: string): Promise<{ path: string; bytes: Uint8Array } | undefined>;
  keepCode(page: string, bytes: Uint8Array): Promise<string>;
  /** Every file of a folder but dependencies and version control; refuses folders outside the configured roots. */
  listProject(folder: string): Promise<ProjectFile[]>;
}

export function loginAppId({ appId }: LoginApp): string {
  if (appId) return appId;
  throw new ConfigError("QQ_CONNECT_APP_ID", "QQ_CONNECT_APP_ID is not set", {
    remedy: "Set QQ_CONNECT_APP_ID and QQ_CONNECT_APP_KEY from connect.qq.com; they are not the bot's.",
  });
}

export function miniAppId({ appId }: MiniApp): string {
  if (appId) return appId;
  throw new ConfigError("QQ_MINI_APP_ID", "QQ_MINI_APP_ID is not set", {
    remedy: "Set QQ_MINI_APP_ID and QQ_MINI_APP_SECRET from q.qq.com; they are not the bot's.",
  });
}

/** Throws ConfigError without an app, InputError for an unknown handle. */
export function findLogin(connect: LoginApp, ref: string): Login {
  loginAppId(connect);
  const login = connect.logins().find(ref);
  if (login) return login;
  throw new InputError("token_ref", "there is no login with this token_ref", {
    remedy: "Use the token_ref of oauth_exchange_code, or have the person log in again.",
  });
}
