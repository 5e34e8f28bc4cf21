import fc from "fast-check";
import { expect, it } from "vitest";
import { silentLog } from "../../src/core/log.ts";
import { routes } from "../../src/emulator/routes.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { operations } from "../../src/operations/all.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { RawBot } from "../kit/raw-bot.ts";

const seed = 20_261_123;

it("whatever a bot of any make sends, no route of the emulator breaks", async () => {
  const failures: object[] = [];
  const log = { ...silentLog, error: (facts: object) => void failures.push(facts) };
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: { hasInterfaceRates: false } }, log });
  const bot = await new RawBot(emulator).login();
  const { c2c, groups, guilds, dms } = emulator.world;
  const ids = [c2c, groups, guilds, dms, guilds.flatMap((guild) => guild.channels)].flatMap((list) =>
    list.map((one) => one.id),
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(...ids, null, 0, -1, "", "1", [], {}, [{}], [null]),
  );
  let taken = 0;
  for (const { method, path } of routes) {
    const same = operations.filter((operation) => operation.method === method && operation.path === path);
    const names = ["id", ...same.flatMap((operation) => Object.keys(operation.input.shape))];
    const body = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });
    const filled = fc
      .infiniteStream(fc.constantFrom(...ids, ...ids, "1", "%E4%BD%A0", "constructor"))
      .map((stream) => path.replace(/\{\w+\}/g, () => String(stream.next().value)));
    const property = fc.asyncProperty(filled, body, async (address, given) => {
      const isQuery = method === "GET" || method === "DELETE";
      const query = Object.entries(given).map(([name, one]): [string, string] => [name, String(JSON.stringify(one))]);
      const { status } = await bot.call(
        method,
        isQuery ? `${address}?${new URLSearchParams(query)}` : address,
        method === "GET" ? undefined : given,
      );
      expect(failures).toEqual([]);
      if (status < 300) taken++;
    });
    await fc.assert(property, { seed, numRuns: 15 });
    emulator.reset();
  }
  // Not everything was refused before it was read.
  expect(taken).toBeGreaterThan(routes.length);
}, 60_000);
