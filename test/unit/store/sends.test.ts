import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SendLedger } from "../../../src/delivery/ledger.ts";
import type { SentMessages } from "../../../src/operations/context.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

const group = { scene: "group", id: "G" } as const;

function sends(options: Parameters<typeof scratchStore>[0] = {}): SendLedger & SentMessages {
  return scratchStore(options).sends;
}

describe("reserve", () => {
  it("counts per conversation and reply from 1", async () => {
    const ledger = sends();
    const reserve = async (key: string, conversation: string, replyId?: string) =>
      (await ledger.reserve({ key, conversation, ...(replyId !== undefined && { replyId }) })).msgSeq;
    expect(await reserve("a", "group:G", "m1")).toBe(1);
    expect(await reserve("b", "group:G", "m1")).toBe(2);
    expect(await reserve("c", "group:G", "m2")).toBe(1);
    expect(await reserve("d", "c2c:G", "m1")).toBe(1);
    expect(await reserve("e", "group:G")).toBe(0);
    expect(ledger.used("group:G", "m1")).toBe(2);
    expect(ledger.used("group:G", "m3")).toBe(0);
  });

  it("never hands out a number twice, not even after a failure", async () => {
    const ledger = sends();
    await ledger.reserve({ key: "a", conversation: "group:G", replyId: "m" });
    await ledger.settle("a", { status: "failed" });
    expect((await ledger.reserve({ key: "b", conversation: "group:G", replyId: "m" })).msgSeq).toBe(2);
  });

  it("tells a failed one as such, and opens it again for the try that follows", async () => {
    const ledger = sends();
    const request = { key: "a", conversation: "group:G", replyId: "m" };
    await ledger.reserve(request);
    await ledger.settle("a", { status: "failed" });
    expect(await ledger.reserve(request)).toMatchObject({ msgSeq: 1, status: "failed", isRepeat: true });
    expect(await ledger.reserve(request)).toMatchObject({ msgSeq: 1, status: "reserved", isRepeat: true });
  });

  it("gives each of many simultaneous replies its own number", async () => {
    const ledger = sends();
    const requests = Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, conversation: "group:G", replyId: "m" }));
    const seqs = (await Promise.all(requests.map((request) => ledger.reserve(request)))).map(({ msgSeq }) => msgSeq);
    expect(new Set(seqs).size).toBe(20);
  });

  it("answers the same key with the same reservation, also for a later process", async () => {
    const path = join(scratchFolder(), "a.db");
    const first = sends({ path });
    expect(await first.reserve({ key: "a", conversation: "group:G", replyId: "m" })).toEqual({
      ...{ key: "a", msgSeq: 1, status: "reserved", isRepeat: false, replyId: "m" },
    });
    const second = sends({ path });
    expect(await second.reserve({ key: "a", conversation: "group:G", replyId: "m" })).toEqual({
      ...{ key: "a", msgSeq: 1, status: "reserved", isRepeat: true, replyId: "m" },
    });
    await first.settle("a", { status: "sent", messageId: "M" });
    expect(second.attempts("a")[0]).toEqual({
      key: "a",
      msgSeq: 1,
      status: "sent",
      isRepeat: true,
      replyId: "m",
      messageId: "M",
    });
    expect(second.used("group:G", "m")).toBe(1);
  });

  it("finds nothing where nothing was reserved", () => {
    expect(sends().attempts("nothing")).toEqual([]);
  });
});

describe("settle", () => {
  it("lets a review end as sent, and keeps sent for good", async () => {
    const ledger = sends();
    await ledger.reserve({ key: "a", conversation: "group:G" });
    await ledger.settle("a", { status: "pending_review", auditId: "A" });
    await ledger.settle("a", { status: "sent", messageId: "M" });
    await ledger.settle("a", { status: "unknown" });
    expect(ledger.attempts("a")[0]).toMatchObject({ status: "sent", messageId: "M" });
  });
});

describe("latest", () => {
  it("names what was sent there, newest first, without failed and recalled ones", async () => {
    const clock = new FakeClock(1_000);
    const ledger = sends({ clock });
    const outcomes = [
      { key: "a", status: "sent", messageId: "MA" },
      { key: "b", status: "failed" },
      { key: "c", status: "sent", messageId: "MC" },
      { key: "d", status: "sent", messageId: "MD" },
    ] as const;
    for (const { key, ...outcome } of outcomes) {
      await ledger.reserve({ key, conversation: "group:G" });
      await ledger.settle(key, outcome);
    }
    await ledger.reserve({ key: "e", conversation: "group:other" });
    await ledger.settle("e", { status: "sent", messageId: "ME" });
    ledger.markRecalled(group, "MD");
    expect(ledger.latest(group, 5)).toEqual([
      { messageId: "MC", sentAt: 1_000 },
      { messageId: "MA", sentAt: 1_000 },
    ]);
    expect(ledger.latest(group, 1)).toHaveLength(1);
  });
});
