import { callsOf, runCalls } from "./call-table.ts";
import { allRows } from "./satori.rows.ts";
import { callsBy, emulator } from "./satori.stage.ts";

/**
 * The QQ adapter of Satori, unmodified: endpoint by its own setting, the one fixed host mapped below it. It logs in,
 * hears and answers every scene, and runs every call that it has. Where it is wrong, the table says why.
 */
await runCalls({
  rows: allRows(),
  calls: Object.entries(callsBy).flatMap(([set, calls]) =>
    callsOf(calls, ["status", "stop"]).map((call) => `${set}.${call}`),
  ),
  codeOf: (error) => codeIn(error) ?? codeIn((error as Failed).errors?.[0]),
});
await emulator.close();
process.exit(0);

interface Failed {
  errors?: unknown[];
  response?: { data?: { code?: number } };
}

function codeIn(error: unknown): number | undefined {
  return (error as Failed | undefined)?.response?.data?.code;
}
