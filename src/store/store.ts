import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Approvals, createApprovals } from "./approvals.ts";
import { type Audit, createAudit } from "./audit.ts";
import { type ChosenSettings, createChosenSettings } from "./conversation-settings.ts";
import { openDatabase } from "./database.ts";
import { createFileInfos, type FileInfos } from "./file-infos.ts";
import { createHistory, type History } from "./history.ts";
import { createHolders, type Holders } from "./holders.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { createLogins, type Logins } from "./logins.ts";
import { migrate, versionOf } from "./migrations.ts";
import { createMiniSessions, type MiniSessions } from "./mini-sessions.ts";
import { createNotes, type Notes } from "./notes.ts";
import { createOutgoing, type Outgoing } from "./outgoing.ts";
import { createOwners, type Owners } from "./owners.ts";
import { createPruning } from "./pruning.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { createReminders, type Reminders } from "./reminders.ts";
import { createSenders, type Senders } from "./senders.ts";
import { createSends, type Sends } from "./sends.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSpeakers, type Speakers } from "./speakers.ts";
import { createStreams, type Streams } from "./streams.ts";
import { createTurns, type Turns } from "./turns.ts";
import { createUsage, type Usage } from "./usage.ts";

/** Everything that one bot remembers. Several processes may hold the same file open. */
export interface Store {
  inbox: Inbox;
  turns: Turns;
  history: History;
  chosen: ChosenSettings;
  speakers: Speakers;
  notes: Notes;
  sessions: Sessions;
  sends: Sends;
  outgoing: Outgoing;
  streams: Streams;
  refusals: Refusals;
  reminders: Reminders;
  senders: Senders;
  owners: Owners;
  holders: Holders;
  fileInfos: FileInfos;
  audit: Audit;
  approvals: Approvals;
  usage: Usage;
  logins: Logins;
  miniSessions: MiniSessions;
  /** Writes a page: rejects with what hinders the disk or who holds the database. */
  check(): Promise<void>;
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
  /** How long history, events and audit are kept. Default 90. */
  keepDays?: number | undefined;
  /** Used bytes of the file above which the oldest of them go earlier. Default 512 MiB. */
  maxBytes?: number | undefined;
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
  const { keepDays = 90, maxBytes } = options;
  const pruning = createPruning({ database, appId, clock, log, keepDays, maxBytes });
  const inbox = createInbox({ database, appId, clock, pruning });
  return {
    inbox,
    turns: createTurns({ database, inbox, appId, clock, log }),
    chosen: createChosenSettings({ database, appId }),
    history: createHistory({ database, appId, pruning, clock, keepMs: keepDays * 86_400_000 }),
    speakers: createSpeakers({ database, appId, now }),
    notes: createNotes({ database, appId, now }),
    sessions: createSessions({ database, appId, now }),
    sends: createSends({ database, appId, now }),
    outgoing: createOutgoing({ database, appId, now }),
    streams: createStreams({ database, appId, now }),
    refusals: createRefusals({ database, appId, now }),
    reminders: createReminders({ database, appId }),
    owners: createOwners({ database, appId, now }),
    senders: createSenders({ database, appId, now }),
    holders: createHolders({ database, appId, now }),
    fileInfos: createFileInfos({ database, appId, now }),
    audit: createAudit({ database, appId, log, pruning }),
    approvals: createApprovals({ database, appId, now }),
    usage: createUsage({ database, appId, now }),
    logins: createLogins({ database, appId: options.connectAppId ?? "", now }),
    miniSessions: createMiniSessions({ database, appId: options.miniAppId ?? "", now }),
    check: () => database.write(() => database.script(`PRAGMA user_version = ${versionOf(database)}`)),
    close: () => database.close(),
  };
}
