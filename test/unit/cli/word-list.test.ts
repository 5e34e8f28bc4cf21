import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readWelcome } from "../../../src/cli/manners.ts";
import { watchWordList } from "../../../src/cli/word-list.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "qq-skill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "words.txt");
  writeFileSync(path, content);
  return path;
}

it("reads one word a line, notices a change after two seconds, and keeps the last list when the file is gone", async () => {
  const [path, clock] = [file("# mine\n坏词 # very bad\r\n\n  bad word  \nC#\n"), new FakeClock()];
  const words = watchWordList(path, { clock, log: silentLog });
  expect(words()).toEqual(["坏词", "bad word", "C#"]);
  expect(words()).toBe(words());
  writeFileSync(path, "other, and longer\n");
  expect(words()).toHaveLength(3);
  await clock.advance(2_000);
  expect(words()).toEqual(["other, and longer"]);
  rmSync(path);
  await clock.advance(2_000);
  expect(words()).toEqual(["other, and longer"]);
});

it("names the setting whose file cannot be read", () => {
  expect(() => watchWordList("/nowhere/words.txt", { clock: new FakeClock(), log: silentLog })).toThrow(ConfigError);
  const welcome = loadConfig({ env: { QQ_BOT_WELCOME: "file:/nowhere/hello.md" } });
  expect(() => readWelcome(welcome)).toThrow("QQ_BOT_WELCOME: /nowhere/hello.md cannot be read");
});

it("takes a welcome as words, from a file, or off", () => {
  const welcome = (value?: string) => readWelcome(loadConfig({ env: { QQ_BOT_WELCOME: value } }));
  expect([welcome("嗨"), welcome(`file:${file("早上好\n")}`), welcome("OFF")]).toEqual(["嗨", "早上好", undefined]);
  expect(welcome()).toContain("{name}");
});
