import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Workplace {
  folder: string;
  /** Of a program with an empty home, which cannot reach another machine. */
  env: Record<string, string>;
  /** Throws when a program tried to reach another machine; otherwise nothing is left. */
  close(): void;
}

export function openWorkplace(name: string): Workplace {
  const folder = mkdtempSync(join(tmpdir(), `qq-skill-${name}-`));
  const home = join(folder, "home");
  mkdirSync(home);
  const log = join(folder, "connections.txt");
  return {
    folder,
    env: {
      PATH: process.env.PATH ?? "",
      ...{ HOME: home, USERPROFILE: home, LOOPBACK_LOG: log },
      NODE_OPTIONS: `--require ${join(import.meta.dirname, "loopback-only.cjs")}`,
      ...{ DISABLE_TELEMETRY: "1", CLAWHUB_DISABLE_TELEMETRY: "1" },
    },
    close() {
      assert.equal(existsSync(log) ? readFileSync(log, "utf8") : "", "", "it spoke to another machine");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
