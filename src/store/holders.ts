import type { Json } from "../core/json.ts";
import type { Database } from "./database.ts";
import { hostOf, isOwnerGone, ownerName } from "./process.ts";

/** A process that holds a gateway connection of this app, as the others see it. */
export interface Holder {
  /** Its command and where it runs. */
  name: string;
  /** As it said last; null when that is too old to be true. */
  status: Json;
}

/** Who of the processes on this data folder holds the gateway, and what they say of it. */
export interface Holders {
  /** For this process. `say` at every change, and at least every `sayEveryMs`. */
  announce(command: string): { say(status: Json): void; leave(): void };
  /** The other processes; those that ended are left out. */
  others(): Holder[];
}

export const sayEveryMs = 10_000;
/** A process that runs and says nothing for this long hangs. */
const silentMs = 3 * sayEveryMs;

interface HolderRow {
  holder: string;
  command: string;
  status: string;
  seen_at: number;
}

export function createHolders(options: { database: Database; appId: string; now: () => number }): Holders {
  const { database, appId, now } = options;
  const own = new Set<string>();

  function rows(): HolderRow[] {
    const sql = "SELECT holder, command, status, seen_at FROM gateway_holder WHERE app_id = ?";
    return database.all<HolderRow>(sql, [appId]);
  }

  function remove(holder: string): void {
    database.run("DELETE FROM gateway_holder WHERE app_id = ? AND holder = ?", [appId, holder]);
  }

  return {
    announce(command) {
      const holder = ownerName();
      own.add(holder);
      for (const row of rows()) if (isOwnerGone(row.holder)) remove(row.holder);
      return {
        say(status) {
          if (!own.has(holder)) return;
          database.run(
            "INSERT OR REPLACE INTO gateway_holder (app_id, holder, command, status, seen_at) VALUES (?, ?, ?, ?, ?)",
            [appId, holder, command, JSON.stringify(status), now()],
          );
        },
        leave() {
          own.delete(holder);
          remove(holder);
        },
      };
    },
    others: () =>
      rows().flatMap(({ holder, command, status, seen_at: seenAt }) => {
        const { host, pid, isHere } = hostOf(holder);
        const isSilent = now() - seenAt > silentMs;
        // Of another machine nothing is known but what it says.
        if (own.has(holder) || isOwnerGone(holder) || (!isHere && isSilent)) return [];
        return [{ name: `${command} (pid ${pid} on ${host})`, status: isSilent ? null : (JSON.parse(status) as Json) }];
      }),
  };
}
