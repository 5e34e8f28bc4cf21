import { join } from "node:path";
import { expect, it } from "vitest";
import { scratchFolder, scratchStore } from "./scratch.ts";

it("what was chosen in a conversation is kept per app and conversation, seen by other processes, and taken back", async () => {
  const path = join(scratchFolder(), "a.db");
  const [one, other, stranger] = [{ path }, { path }, { path, appId: "2" }].map((options) => scratchStore(options));
  await one?.chosen.choose("group:A", "mode", "all");
  await one?.chosen.choose("group:A", "mode", "off");
  await one?.chosen.choose("group:A", "wakeWords", ["a", "b"]);
  expect(other?.chosen.of("group:A")).toEqual({ mode: "off", wakeWords: ["a", "b"] });
  expect(other?.chosen.of("group:B")).toEqual({});
  expect(stranger?.chosen.of("group:A")).toEqual({});
  await other?.chosen.choose("group:A", "mode", undefined);
  expect(one?.chosen.of("group:A")).toEqual({ wakeWords: ["a", "b"] });
});
