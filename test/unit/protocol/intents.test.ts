import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import {
  defaultIntents,
  dropIntent,
  hasIntent,
  intentNames,
  intents,
  optionalIntents,
  parseIntents,
} from "../../../src/protocol/intents.ts";

describe("parseIntents", () => {
  it("takes a number as it is", () => {
    expect(parseIntents(" 1174409219 ")).toBe(defaultIntents);
    expect(parseIntents("0x2000000")).toBe(2 ** 25);
  });

  it("takes names in any case, aliases, numbers and blanks mixed", () => {
    expect(parseIntents("guilds, Group_And_C2C_Event")).toBe(1 + 2 ** 25);
    expect(parseIntents("default,group_members,512")).toBe(defaultIntents + 2 ** 24 + 512);
  });

  it("counts a bit that is named twice once", () => {
    expect(parseIntents("INTERACTION,BUTTONS,67108864")).toBe(2 ** 26);
  });

  it("never yields a negative mask", () => {
    expect(parseIntents("4294967295")).toBe(4_294_967_295);
    expect(parseIntents("PUBLIC_GUILD_MESSAGES")).toBe(1_073_741_824);
  });

  it.each([
    ["GUILDS,GROOP", "GROOP"],
    ["-1", "-1"],
    ["1.5", "1.5"],
    ["4294967296", "4294967296"],
    ["", "empty"],
    ["0", "nothing"],
  ])("refuses %j, naming what is wrong and what is known", (text, wrong) => {
    const attempt = () => parseIntents(text);
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(wrong);
    try {
      attempt();
    } catch (error) {
      expect((error as ConfigError).setting).toBe("QQ_BOT_INTENTS");
      expect((error as ConfigError).remedy).toContain("GROUP_AND_C2C_EVENT");
    }
  });
});

describe("intent masks", () => {
  it("reads the default as bits 0, 1, 12, 25, 26, 30", () => {
    const bits = intents.filter((intent) => hasIntent(defaultIntents, intent.bit)).map((intent) => intent.bit);
    expect(bits).toEqual([0, 1, 12, 25, 26, 30]);
  });

  it("names unknown bits by their number", () => {
    expect(intentNames(2 ** 31 + 2 ** 5 + 1)).toEqual(["GUILDS", "BIT_5", "BIT_31"]);
  });

  it("gives up bits one by one and keeps the last", () => {
    const dropped: number[] = [];
    let mask = defaultIntents + 2 ** 24;
    for (let step = dropIntent(mask); step; step = dropIntent(mask)) {
      dropped.push(step.dropped.bit);
      mask = step.mask;
    }
    expect(dropped).toEqual([24, 12, 26, 1, 0, 25]);
    expect(mask).toBe(2 ** 30);
    expect(dropIntent(2 ** 25)).toBeUndefined();
  });

  it("knows every optional bit", () => {
    for (const bit of optionalIntents) expect(intents.map((intent) => intent.bit)).toContain(bit);
    expect(new Set(optionalIntents).size).toBe(optionalIntents.length);
  });

  it("has no word that means two bits", () => {
    const words = intents.flatMap((intent) => [intent.name, ...intent.aliases]);
    expect(new Set(words).size).toBe(words.length);
  });
});
