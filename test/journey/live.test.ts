import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import type { LiveRecord } from "../../src/live/record.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import type { Conversation } from "../../src/protocol/scenes.ts";
import { openHome } from "../../src/store/home.ts";
import { openStore } from "../../src/store/store.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { eventually, Program, platformVariables, run, temporaryFolder } from "../kit/processes.ts";

/** Everything that must not be in a record: ids of people and places, secrets. */
function idsOf({ app, world }: TestEmulator): string[] {
  const chats = [...world.c2c, ...world.groups, ...world.guilds, ...world.dms].map(({ id }) => id);
  return [app.appId, app.appSecret, ...chats];
}

function readRecord(path: string): { text: string; record: LiveRecord } {
  const text = readFileSync(path, "utf8");
  return { text, record: JSON.parse(text) as LiveRecord };
}

/** A message that is ten minutes old, as a bot on this data folder has kept it. */
async function hadOnceWritten(emulator: TestEmulator, target: Conversation, home: string): Promise<void> {
  const { message_id, event_id } = emulator.say({ ...target, as: "alice", content: "早", mention: true });
  emulator.advance(600_000);
  const appId = emulator.app.appId;
  const path = openHome(home).databasePath;
  const store = openStore({ path, appId, keepDays: 7, clock: systemClock, log: silentLog });
  const type = target.scene === "c2c" ? "C2C_MESSAGE_CREATE" : "GROUP_AT_MESSAGE_CREATE";
  const place = target.scene === "c2c" ? { author: { user_openid: target.id } } : { group_openid: target.id };
  const id = event_id ?? "";
  const receivedAt = Date.now() - 600_000;
  const payload: Envelope = { source: "gateway", appId, id, type, receivedAt, data: { id: message_id, ...place } };
  await store.inbox.accept({ id, dedupeKeys: [id], lane: null, type, receivedAt, payload });
  store.close();
}

const compare = (path: string) => run(["emulator", "--compare", path]);

describe("doctor --live", () => {
  it("only looks when nobody can be asked, and the record agrees with the emulator", async () => {
    const [emulator, home] = [await startTestEmulator(), temporaryFolder()];
    const env = platformVariables(emulator);
    const unasked = await run(["doctor", "--live"], { env, home });
    expect(unasked).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--yes") });
    expect(emulator.frames()).toEqual([]);
    const { code, stdout } = await run(["doctor", "--live", "--yes", "--json", "--record", "r.json"], { env, home });
    expect(code).toBe(0);
    const written = emulator.frames().filter(({ kind, method, path }) => {
      return kind === "rest" && method !== "GET" && path !== "/app/getAppAccessToken";
    });
    expect(written).toEqual([]);
    for (const { id } of emulator.world.c2c) expect(emulator.messages({ scene: "c2c", id })).toEqual([]);
    const path = join(home, "r.json");
    const { text, record } = readRecord(path);
    expect(JSON.parse(stdout)).toEqual(record);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const id of idsOf(emulator)) expect(text).not.toContain(id);
    const asked = record.answers.filter(({ seen }) => seen).map(({ question }) => question);
    expect(asked).toEqual(expect.arrayContaining(["token", "gateway_lookup", "session", "unknown_intent"]));
    const compared = await compare(path);
    expect(compared).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("可比,0 处不同") });
    const again = await run(["doctor", "--live", "--yes", "--record", "r.json"], { env, home });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("it exists") });
  });

  it.each(["c2c", "group"] as const)(
    "writes to the one %s that was named, takes it back, and is agreed with",
    async (scene) => {
      const [emulator, home] = [await startTestEmulator(), temporaryFolder()];
      const place = scene === "c2c" ? emulator.world.c2c[0] : emulator.world.groups[0];
      const target = { scene, id: place?.id ?? "" };
      const env = platformVariables(emulator);
      await hadOnceWritten(emulator, target, join(home, "data"));
      const doctor = new Program(["doctor", "--live", "--yes-send", `${scene}:${target.id}`, "--record", "r.json"], {
        env,
        home,
      });
      const invites = () => doctor.stderr.match(/→/g)?.length ?? 0;
      for (let written = 0; written < (scene === "c2c" ? 4 : 2); written++) {
        await eventually(
          () => invites() > written,
          () => `invitation ${written + 1}; ${doctor.describe()}`,
        );
        emulator.say({ ...target, as: "alice", content: "在吗", mention: true });
      }
      const { code } = await doctor.ended;
      expect(code).toBe(0);
      const own = emulator.messages(target).filter(({ from }) => from === "bot");
      expect(own.length).toBeGreaterThanOrEqual(scene === "c2c" ? 13 : 8);
      expect(own.filter(({ recalled }) => !recalled)).toEqual([]);
      const elsewhere = [...emulator.world.c2c, ...emulator.world.groups].filter(({ id }) => id !== target.id);
      for (const { id } of elsewhere) {
        const other = emulator.world.groups.some((group) => group.id === id) ? "group" : "c2c";
        expect(emulator.messages({ scene: other, id })).toEqual([]);
      }
      const { text, record } = readRecord(join(home, "r.json"));
      for (const id of idsOf(emulator)) expect(text).not.toContain(id);
      const replies = record.answers.find(({ question }) => question === "replies");
      expect(replies).toMatchObject({ seen: { accepted: scene === "c2c" ? 4 : 5, again: { code: 40054005 } } });
      const typing = record.answers.find(({ question }) => question === "typing");
      if (scene === "c2c") expect(typing?.seen).toMatchObject({ typing: { status: 200 }, replies_after_it: 4 });
      const late = record.answers.find(({ question }) => question === "late_reply");
      expect(late?.seen).toMatchObject(scene === "c2c" ? { status: 200 } : { status: 400, code: 40034005 });
      const arrival = record.answers.find(({ question }) => question === "arrival");
      expect(arrival?.seen?.arrivals).toEqual([
        expect.stringMatching(/^(C2C|GROUP_AT)_MESSAGE_CREATE on shard 0 of 2$/),
      ]);
      expect((await compare(join(home, "r.json"))).stdout).toContain("可比,0 处不同");
      if (scene === "group") return;
      if (replies?.seen) replies.seen.accepted = 9;
      writeFileSync(join(home, "other.json"), JSON.stringify(record));
      const other = await compare(join(home, "other.json"));
      expect(other.code).toBe(1);
      expect(other.stdout).toMatch(/✗ replies\.accepted\n.*platform: 9\n.*emulator: [45]\n/);
    },
  );

  it("takes back what it sent when it is stopped on the way", async () => {
    const [emulator, home] = [await startTestEmulator(), temporaryFolder()];
    const target = { scene: "c2c", id: emulator.world.c2c[0]?.id ?? "" } as const;
    const env = platformVariables(emulator);
    const doctor = new Program(["doctor", "--live", "--yes-send", `c2c:${target.id}`, "--record", "r.json"], {
      ...{ env, home },
    });
    await doctor.waitFor(/→/, { stream: "stderr" });
    emulator.say({ ...target, as: "alice", content: "在吗" });
    await eventually(() => doctor.stderr.match(/→/g)?.length === 2, "the second invitation");
    emulator.addFault({ kind: "slow_answer", match: "/stream_messages", delay_ms: 400, count: null });
    emulator.say({ ...target, as: "alice", content: "在吗" });
    const own = () => emulator.messages(target).filter(({ from }) => from === "bot");
    await eventually(() => own().length > 0, "a message of the bot");
    const { code } = await doctor.stop();
    expect(code).toBe(1);
    expect(own().map(({ recalled }) => recalled)).toEqual(own().map(() => true));
    const { record } = readRecord(join(home, "r.json"));
    expect(record.answers.map(({ question }) => question)).not.toContain("replies");
  });

  it("refuses targets and records that are none", async () => {
    const [emulator, home] = [await startTestEmulator(), temporaryFolder()];
    writeFileSync(join(home, "none.json"), "{}");
    const [target, record, missing] = await Promise.all([
      run(["doctor", "--live", "--yes-send", "everybody"], { env: platformVariables(emulator), home }),
      run(["emulator", "--compare", "none.json"], { home }),
      run(["emulator", "--compare", "missing.json"], { home }),
    ]);
    expect([target, record, missing].map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(target.stderr).toContain("c2c:OPENID");
    expect(record.stderr).toContain("doctor --live");
    expect(missing.stderr).toContain("ENOENT");
    expect(emulator.frames()).toEqual([]);
  });
});
