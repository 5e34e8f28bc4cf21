import { systemClock } from "../core/clock.ts";
import { InputError } from "../core/errors.ts";
import { openHome } from "../store/home.ts";
import { openStore } from "../store/store.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";
import { openLog, readSettings } from "./settings.ts";

const longestInput = 200;

/** Prints the newest calls that passed the gate or were refused there, oldest of them first. */
export async function audit({ flags, options }: Invocation): Promise<number> {
  const config = oneAccount(readSettings(flags, { log: "warn" }));
  // Calls of QQ login and the mini program alone are there without a bot.
  const store = openStore({
    path: openHome(config.home).databasePath,
    ...{ appId: config.appId ?? "", clock: systemClock, log: openLog(config) },
  });
  try {
    const rows = store.audit.recent(limitOf(options.limit)).reverse();
    const at = (epochMs: number) => new Date(epochMs).toISOString();
    const text = options.json
      ? JSON.stringify(
          rows.map((row) => ({ ...row, at: at(row.at) })),
          null,
          2,
        )
      : rows
          .map(({ caller, operation, scope, outcome, input, ...row }) => {
            const given = JSON.stringify(input);
            const short = given.length > longestInput ? `${given.slice(0, longestInput)}…` : given;
            return [at(row.at), caller, operation, scope, outcome, short].join("  ");
          })
          .join("\n");
    process.stdout.write(text === "" ? "no calls yet\n" : `${text}\n`);
    return exitCodes.ok;
  } finally {
    store.close();
  }
}

function limitOf(given: unknown): number {
  if (given === undefined) return 50;
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100_000) return limit;
  throw new InputError("limit", "--limit must be a whole number from 1 to 100000", { remedy: "Write --limit 50." });
}
