import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/protocol/parse-json.ts";

describe("parseJson", () => {
  it("keeps bare ids beyond 2^53 whole, as strings", () => {
    expect(parseJson('{"author_id":16207593418820467351,"n":[5823917460352891147, -1620759341882046735]}')).toEqual({
      author_id: "16207593418820467351",
      n: ["5823917460352891147", "-1620759341882046735"],
    });
    expect(parseJson(" 16207593418820467351 ")).toBe("16207593418820467351");
  });

  it("turns every integer of 16 digits to a string, so that an id never changes its type", () => {
    expect(parseJson('{"a":1000000000000000,"b":100000000000000}')).toEqual({
      a: "1000000000000000",
      b: 100_000_000_000_000,
    });
  });

  it("leaves digits inside strings, fractions and exponents alone", () => {
    const text = '{"s":"x: 16207593418820467351","e":"\\"a\\":16207593418820467351","f":1234567890123456.5,"x":1e20}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("agrees with JSON.parse on everything smaller", () => {
    const text = '{"op":0,"s":41,"t":"X","d":{"n":[1,2.5,-3,null,true],"o":{},"u":"\\u5fae"}}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("agrees with JSON.parse whatever strings hold", () => {
    const digits = fc.bigInt({ min: 10n ** 15n }).map((number) => `":${number},[-${number}`);
    const value = fc.oneof(fc.integer(), fc.double({ min: -1, max: 1, noNaN: true }), fc.string(), digits);
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.oneof(fc.string(), digits), value)), (list) => {
        const text = JSON.stringify(list);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("throws on what is not JSON", () => {
    expect(() => parseJson("<html>")).toThrow(SyntaxError);
    expect(() => parseJson('{"a":16207593418820467351')).toThrow(SyntaxError);
  });
});
