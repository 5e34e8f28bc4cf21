import { describe, expect, it } from "vitest";
import { closeCode, knownCloseCodes } from "../../../src/protocol/close-codes.ts";

describe("closeCode", () => {
  it.each([
    [4000, "resume"],
    [4001, "identify"],
    [4002, "identify"],
    [4003, "identify"],
    [4004, "refresh_token"],
    [4005, "resume"],
    [4006, "identify"],
    [4007, "identify"],
    [4008, "wait_resume"],
    [4009, "resume"],
    [4010, "stop"],
    [4011, "reshard"],
    [4012, "stop"],
    [4013, "stop"],
    [4014, "drop_intent"],
    [4900, "identify"],
    [4902, "identify"],
    [4903, "identify"],
    [4913, "identify"],
    [4914, "stop"],
    [4915, "stop"],
  ] as const)("%i -> %s", (code, action) => {
    expect(closeCode(code)).toMatchObject({ code, action, fatal: action === "stop" });
  });

  it("treats ordinary closes, also the platform's 1000, as a reason to resume", () => {
    for (const code of [1000, 1001, 1005, 1006, undefined]) expect(closeCode(code).action).toBe("resume");
    expect(closeCode(undefined).code).toBe(1006);
  });

  it("gives up for good only where the platform took the bot down", () => {
    const forGood = [...knownCloseCodes, 4899, 3000].filter((code) => closeCode(code).forGood);
    expect(forGood).toEqual([4914, 4915]);
  });

  it("waits a minute after sending too fast, and not at all after a routine expiry", () => {
    expect(closeCode(4008).waitMs).toBe(60_000);
    expect(closeCode(4009).waitMs).toBe(0);
  });

  it("bounds what could loop forever", () => {
    for (const code of [4001, 4002, 4003, 4004, 4777]) expect(closeCode(code).maxInARow).toBeGreaterThan(0);
  });

  it("begins anew on unknown platform codes and resumes on unknown others", () => {
    expect(closeCode(4777)).toMatchObject({ action: "identify", fatal: false });
    expect(closeCode(3001).action).toBe("resume");
  });

  it("has a remedy for every code", () => {
    for (const code of [...knownCloseCodes, 4777]) expect(closeCode(code).remedy).toMatch(/\.$/);
  });
});
