import { appendFileSync } from "node:fs";
import { systemClock } from "../../../src/core/clock.ts";
import { silentLog } from "../../../src/core/log.ts";
import { createLocalEngine } from "../../../src/engine/local-engine.ts";
import { ownerName } from "../../../src/store/process.ts";
import { openStore } from "../../../src/store/store.ts";

/** Publishes ten events, handles them, and stays inside the second step of the fifth until it is killed. */
const [path = "", journal = ""] = process.argv.slice(2);
const store = openStore({ path, appId: "1", clock: systemClock, log: silentLog });
const engine = createLocalEngine({
  ...{ store: store.turns, clock: systemClock, log: silentLog },
  ...{ owner: ownerName(), leaseMs: 600_000 },
});
const ids = Array.from({ length: 10 }, (_, n) => `e${n}`);
await Promise.all(
  ids.map((id) => engine.publish({ id, dedupeKeys: [id], lane: "group:1", receivedAt: Date.now(), payload: id })),
);
await engine.serve(
  async (turn, { id }) => {
    await turn.step("model", async () => void appendFileSync(journal, `${id} model\n`));
    await turn.step("send", async () => {
      appendFileSync(journal, `${id} send ${turn.attempt}\n`);
      if (id !== "e4") return null;
      process.stdout.write("inside the step\n");
      return await new Promise<never>(() => setInterval(() => {}, 60_000));
    });
  },
  { concurrency: 4 },
);
