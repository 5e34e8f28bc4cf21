import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { createDelivery } from "../../src/delivery/outbox.ts";
import { createRestClient } from "../../src/rest/client.ts";
import { createHttp } from "../../src/rest/http.ts";
import { openStore } from "../../src/store/store.ts";

/**
 * Replies a second through the outbox (planned, written down, sent, marked) beside bare undici, in turns within one run,
 * before a server that only says yes.
 */
const [rounds, messages, conversations] = [5, 2000, 50];
let answered = 0;
const server = createServer((incoming, response) => {
  incoming.resume();
  incoming.once("end", () => {
    const body = { id: `sent-${++answered}`, timestamp: "2026-11-20T20:31:07+08:00" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const groups = Array.from({ length: conversations }, (_, index) => index.toString(16).toUpperCase().padStart(32, "A"));

const dispatcher = new Agent({ connections: 64 });
async function bare(group: string, msgId: string): Promise<void> {
  const { body } = await request(`${url}/v2/groups/${group}/messages`, {
    ...{ dispatcher, method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ msg_type: 0, content: "an answer", msg_id: msgId, msg_seq: 1 }),
  });
  await body.json();
}

const folder = mkdtempSync(join(tmpdir(), "qq-skill-sends-"));
const http = createHttp();
const store = openStore({ path: join(folder, "qq.db"), appId: "1", clock: systemClock, log: silentLog });
const token = { get: async () => "bench", renew: async () => "bench", status: () => ({ state: "none" as const }) };
const rest = createRestClient({
  services: { bot: { baseUrl: url, authorize: token } },
  ...{ fetch: http.fetch, clock: systemClock, pacing: "off" },
});
const delivery = createDelivery({ rest, memory: () => store });
async function ours(group: string, msgId: string): Promise<void> {
  const replyTo = { msgId, receivedAt: Date.now() };
  await delivery.deliver({ scene: "group", id: group, text: "an answer", format: "text", replyTo });
}

/** Conversations side by side, one message after the other in each. Answers the replies a second. */
async function round(send: typeof bare, name: string): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    groups.map(async (group, index) => {
      for (let n = index; n < messages; n += conversations) await send(group, `ROBOT1.0_${name}-${n}`);
    }),
  );
  return (messages / (performance.now() - startedAt)) * 1000;
}

const rates: Record<"bare" | "ours", number[]> = { bare: [], ours: [] };
for (let n = 0; n <= rounds; n++) {
  const pair = { bare: await round(bare, `bare-${n}`), ours: await round(ours, `ours-${n}`) };
  // The first warms up.
  if (n > 0) for (const name of ["bare", "ours"] as const) rates[name].push(pair[name]);
}
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const [bareRate, ourRate] = [median(rates.bare), median(rates.ours)];
process.stdout.write(
  `Node ${process.version}, ${cpus().length} cores; ${messages} replies in ${conversations} groups, medians of ${rounds}\n` +
    `bare undici     ${bareRate.toFixed(0)}/s\nours, durable   ${ourRate.toFixed(0)}/s, ${(ourRate / bareRate).toFixed(2)} of bare\n`,
);
await store.close();
await http.close();
await dispatcher.close();
server.close();
rmSync(folder, { recursive: true, force: true });
