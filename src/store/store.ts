import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Approvals, createApprovals } from "./approvals.ts";
import { type Audit, createAudit } from "./audit.ts";
import { openDatabase } from "./database.ts";
import { createFileInfos, type FileInfos } from "./file-infos.ts";
import { createHistory, type History } from "./history.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { createLogins, type Logins } from "./logins.ts";
import { migrate } from "./migrations.ts";
import { createMiniSessions, type MiniSessions } from "./mini-sessions.ts";
import { createSends, type Sends } from "./sends.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createTurns, type Turns } from "./turns.ts";

/** Everything that one bot remembers. Several processes may hold the same file open. */
export interface Store {
  inbox: Inbox;
  turns: Turns;
  history: History;
  sessions: Sessions;
  sends: Sends;
  fileInfos: FileInfos;
  audit: Audit;
  approvals: Approvals;
  logins: Logins;
  miniSessions: MiniSessions;
  /** Writes what is queued, then closes. */
  close(): void;
}

export interface StoreOptions {
  path: string;
  appId: string;
  /** Of QQ login: logins belong to it. */
  connectAppId?: string | undefined;
  /** Of the mini program: its sessions belong to it. */
  miniAppId?: string | undefined;
  clock: Clock;
  log: Log;
}

/** Opens the database at `path` (or `:memory:`) and brings it up to date. Throws ConfigError when it cannot be used. */
export function openStore(options: StoreOptions): Store {
  const { path, appId, clock, log } = options;
  const database = openDatabase(path);
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const now = () => clock.now();
  const inbox = createInbox({ database, appId, clock });
  return {
    inbox,
    turns: createTurns({ database, inbox, appId, clock, log }),
    history: createHistory(database, appId),
    sessions: createSessions({ database, appId }),
    sends: createSends({ database, appId, now }),
    fileInfos: createFileInfos({ database, appId, now }),
    audit: createAudit({ database, appId, log }),
    approvals: createApprovals({ database, appId, now }),
    logins: createLogins({ database, appId: options.connectAppId ?? "", now }),
    miniSessions: createMiniSessions({ database, appId: options.miniAppId ?? "", now }),
    close: () => database.close(),
  };
}
