import { describe, expect, it } from "vitest";
import { actionOf, errorCode, errorCodes, remedyOf, reportedErrorCodes } from "../../../src/protocol/error-codes.ts";

describe("error codes", () => {
  it("holds every published row once", () => {
    expect(errorCodes).toHaveLength(349);
    const keys = [...errorCodes, ...reportedErrorCodes].map((entry) => String(entry.code));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([
    [40054005, "DUP"],
    [40034005, "EXPIRED"],
    [40034128, "EXPIRED"],
    [304103, "EXPIRED"],
    [304027, "EXPIRED"],
    [304023, "AUDIT"],
    [304024, "AUDIT"],
    [11241, "TOKEN"],
    [11243, "TOKEN"],
    [11244, "TOKEN"],
    [40034105, "PERM"],
    [40034100, "WAIT"],
    [100001, "WAIT"],
    [100016, "OPERATOR"],
    [50056, "FALLBACK"],
    [304080, "REUPLOAD"],
    [304018, "RECONNECT"],
    [610010, "OK"],
    [11252, "RETRY1"],
    [40064004, "GIVEUP"],
    [40034029, "FIX"],
    [50055001, "RETRY"],
  ] as const)("%i asks for %s", (code, action) => {
    expect(errorCode(code)?.action).toBe(action);
  });

  it("finds a row before the range around it", () => {
    expect(errorCode(501013)).toMatchObject({ code: 501013, action: "GIVEUP" });
    expect(errorCode(501777)).toMatchObject({ code: [501000, 501999] });
    expect(errorCode(301008)).toMatchObject({ code: [301008, 301099] });
    expect(errorCode(301100)).toBeUndefined();
  });

  it("tells rows of older tables apart", () => {
    expect(errorCode(306011)?.source).toBe("2025");
    expect(errorCode(40034021)?.source).toBe("2026-07");
    expect(errorCode(11298)).toMatchObject({ source: "field", family: "reported" });
    expect(errorCode(40034005)).not.toHaveProperty("source");
  });

  it("says what to do about a missing IP in the list", () => {
    for (const code of [11298, 40023002]) {
      expect(errorCode(code)?.remedy).toContain("IP list");
      expect(errorCode(code)?.remedy).toContain("QQ_BOT_SANDBOX");
    }
  });

  it("has a sentence for every row", () => {
    for (const entry of [...errorCodes, ...reportedErrorCodes]) expect(entry.remedy, String(entry.code)).toMatch(/\.$/);
    expect(remedyOf("WAIT")).not.toBe(remedyOf("WAIT", 40093002));
  });
});

describe("actionOf", () => {
  it("judges unknown codes by their number, then by the status", () => {
    expect(actionOf(50_999_999, 400)).toBe("RETRY");
    expect(actionOf(40_999_999, 500)).toBe("FIX");
    expect(actionOf(12, 503)).toBe("RETRY");
    expect(actionOf(undefined, 502)).toBe("RETRY");
    expect(actionOf(undefined, 429)).toBe("WAIT");
    expect(actionOf(undefined, 401)).toBe("TOKEN");
    expect(actionOf(12, 400)).toBe("GIVEUP");
    expect(actionOf(undefined)).toBe("GIVEUP");
  });

  it("trusts a known code over the status", () => {
    expect(actionOf(40054005, 500)).toBe("DUP");
    expect(actionOf(11298, 401)).toBe("OPERATOR");
  });
});
