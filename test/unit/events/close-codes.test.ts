import { afterEach, expect, it } from "vitest";
import { knownCloseCodes } from "../../../src/protocol/close-codes.ts";
import { type Bench, goLive, startBench, stopBench, until } from "../../kit/gateway-session.ts";

const open: Bench[] = [];
afterEach(async () => {
  for (const started of open.splice(0)) await stopBench(started);
});

type After = { does: "resume" | "identify"; afterMs?: number; renews?: boolean } | { does: "end"; isFatal: boolean };

const resume: After = { does: "resume" };
const identify: After = { does: "identify" };
const end: After = { does: "end", isFatal: true };

/** What the platform's table and Tencent's own clients ask for after each code, on a connection that was live. */
const rows: Record<number, After> = {
  1000: resume,
  1001: resume,
  1005: resume,
  1006: resume,
  4000: resume,
  4001: identify,
  4002: identify,
  4003: identify,
  4004: { does: "resume", renews: true },
  4005: resume,
  4006: identify,
  4007: identify,
  4008: { does: "resume", afterMs: 60_000 },
  4009: { does: "resume", afterMs: 0 },
  4010: end,
  4011: { does: "end", isFatal: false },
  4012: end,
  4013: identify,
  4014: identify,
  4899: identify,
  4900: identify,
  4902: identify,
  4903: identify,
  4913: identify,
  4914: end,
  4915: end,
  4999: identify,
};

it("there is a row for every code that the table knows", () => {
  expect(knownCloseCodes.filter((code) => rows[code] === undefined)).toEqual([]);
});

it.each(Object.entries(rows))("after close code %s", async (code, after) => {
  const bench = await startBench();
  open.push(bench);
  const first = await goLive(bench, "s-1");
  if (code === "1006") first.cut();
  else first.close(...(code === "1005" ? [] : [Number(code)]));
  await until(() => bench.session.status().state !== "live");
  if (after.does === "end") {
    await expect(bench.done).rejects.toMatchObject({ closeCode: Number(code), fatal: after.isFatal });
    await bench.clock.advance(3_600_000);
    expect(bench.gateway.connections).toHaveLength(1);
    expect(bench.session.status().state).toBe("failed");
    return;
  }
  const waitMs = (bench.session.status().retryAt ?? bench.clock.now()) - bench.clock.now();
  expect(waitMs).toBe(after.afterMs ?? 500);
  await bench.clock.advance(waitMs);
  const second = await bench.gateway.next();
  second.hello();
  const { d } = await second.next(after.does === "resume" ? 6 : 2);
  if (after.does === "resume") expect(d).toMatchObject({ session_id: "s-1", seq: 1 });
  expect(bench.calls.renewals).toEqual(after.renews ? ["token-1"] : []);
  expect(bench.session.status().causes).toEqual({ [`close_${code}`]: 1 });
});
