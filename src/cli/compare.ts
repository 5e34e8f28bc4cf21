import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { InputError } from "../core/errors.ts";
import { quoted } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { Emulator } from "../emulator/emulator.ts";
import { askAll, questions } from "../live/ask.ts";
import { type Comparison, compareRecords } from "../live/compare.ts";
import { type LiveRecord, makeRecord, parseRecord } from "../live/record.ts";
import type { Conversation } from "../protocol/scenes.ts";
import { openEmulator } from "./emulator.ts";
import { exitCodes } from "./exit.ts";
import { openProbe } from "./live-probe.ts";
import { openPlatform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { openLog, readSettings } from "./settings.ts";
import { version } from "./version.ts";

const tenMinutesMs = 600_000;

/** Asks a local QQ what a record asked of the platform, and prints where they differ. Exit 1 when they do. */
export async function compare({ flags, options }: Invocation): Promise<number> {
  const config = readSettings(flags, { log: "error" });
  const record = parseRecord(textOf(String(options.compare)));
  const comparison = compareRecords(record, await recordOfEmulator(record.scene, config, openLog(config)));
  process.stdout.write(report(comparison));
  return comparison.differences.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError("--compare", `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The same questions, with the people of the local QQ in the place of those who were asked to write. */
async function recordOfEmulator(scene: LiveRecord["scene"], config: Config, log: Log): Promise<LiveRecord> {
  const home = mkdtempSync(join(tmpdir(), "qq-skill-compare-"));
  const local = await openEmulator({ port: 0, log });
  const { app, url: apiBase, tokenUrl } = local;
  const own = { ...config, home, apiBase, tokenUrl, appId: app.appId, appSecret: app.appSecret };
  const platform = openPlatform(own, log);
  const target = targetIn(local, scene);
  const { signal } = new AbortController();
  const probe = openProbe(platform, {
    ...{ target, inviteMs: 5000, signal },
    invite: (where) => void speak(local, where),
    async oldMessage() {
      if (!target) return undefined;
      const { message_id } = speak(local, target);
      local.advance(tenMinutesMs);
      return message_id;
    },
  });
  try {
    const answers = await askAll(questions, { probe, consent: async () => true, paceMs: 0, signal });
    const facts = { version: version(), at: new Date(), platform: "emulator", appId: app.appId, scene };
    return makeRecord({ ...facts, answers, hidden: [] });
  } finally {
    await probe.close();
    await platform.close();
    await local.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function targetIn({ world }: Emulator, scene: LiveRecord["scene"]): Conversation | undefined {
  const place = scene === "group" ? world.groups[0] : scene === "c2c" ? world.c2c[0] : undefined;
  return scene && place ? { scene, id: place.id } : undefined;
}

function speak(local: Emulator, { scene, id }: Conversation) {
  const as = local.world.users[0]?.id ?? "";
  return local.say({ as, scene, id, content: "在吗", mention: true });
}

function report({ compared, differences, open }: Comparison): string {
  const lines = differences.map(
    ({ question, fact, platform, emulator }) =>
      `✗ ${question}.${fact}\n    平台 / platform: ${quoted(platform ?? null)}\n    模拟器 / emulator: ${quoted(emulator ?? null)}`,
  );
  const others = open.map(({ question, reason }) => `- ${question}: ${reason}`);
  const total = `${compared.length} 个问题可比,${differences.length} 处不同 / questions compared, differences`;
  return [...lines, ...others, total, ""].join("\n");
}
