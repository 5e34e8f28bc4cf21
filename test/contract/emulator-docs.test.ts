import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Controls, controlApp } from "../../src/emulator/control.ts";
import { defaultDials } from "../../src/emulator/dials.ts";
import { faultKinds } from "../../src/emulator/faults.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";

const page = readFileSync(new URL("../../docs/emulator.md", import.meta.url), "utf8");

/** Every code word of the first column of the tables in this section. */
function named(section: string): string[] {
  const body = page.split(/^##+ /m).find((part) => part.startsWith(section)) ?? "";
  const cells = [...body.matchAll(/^\| (`.*?) \|/gm)].map((row) => row[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((word) => word[1] ?? "")).sort();
}

describe("docs/emulator.md", () => {
  it("has every call of the control API, and no other", () => {
    const app = controlApp({} as Controls, "token");
    const calls = app.routes.filter(({ method }) => method !== "ALL");
    expect(named("Control API")).toEqual(
      calls.map((call) => `${call.method} ${call.path.slice("/_emulator".length)}`).sort(),
    );
  });

  it("has every act, and no other", async () => {
    const emulator = await startTestEmulator();
    const { body } = await emulator.control("act", { action: "?" });
    const { message } = body.error as { message: string };
    expect(named("Acts")).toEqual(
      message
        .replace(/.*there are /, "")
        .split(", ")
        .sort(),
    );
  });

  it("has every fault, with what it takes and does", () => {
    const rows = Object.entries(faultKinds).map(([name, { takes, does }]) => {
      const fields = takes.map((field) => `\`${field}\``).join(", ");
      return `| \`${name}\` |${fields && ` ${fields}`} | ${does} |`;
    });
    const section = page.split(/^##+ /m).find((part) => part.startsWith("Faults")) ?? "";
    expect(section.split("\n").filter((line) => line.startsWith("| `"))).toEqual(rows);
  });

  it("has every dial and every field of a seed", () => {
    expect(named("Dials")).toEqual(Object.keys(defaultDials()).sort());
    expect(named("Seed")).toEqual([...Object.keys(defaultSeed), "dials"].sort());
  });
});
