import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import {
  bitsByImportance,
  defaultIntents,
  hasIntent,
  intentNames,
  intents,
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

  it("orders bits by importance: guild mentions first, groups and private chats next, unknown bits last", () => {
    expect(bitsByImportance(defaultIntents + 2 ** 24)).toEqual([30, 25, 0, 1, 26, 12, 24]);
    expect(bitsByImportance(2 ** 31 + 2 ** 5 + 2 ** 25)).toEqual([25, 5, 31]);
    const all = intents.reduce((mask, intent) => mask + intent.value, 0);
    expect(bitsByImportance(all).sort((a, b) => a - b)).toEqual(intents.map((intent) => intent.bit));
  });

  it("has no word that means two bits", () => {
    const words = intents.flatMap((intent) => [intent.name, ...intent.aliases]);
    expect(new Set(words).size).toBe(words.length);
  });
});
