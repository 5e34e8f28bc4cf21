import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { openHome } from "../../../src/store/home.ts";
import { acquireLock } from "../../../src/store/lock.ts";
import { isOwnerGone, ownerName, stateOf } from "../../../src/store/process.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { afterTest, scratchFolder } from "./scratch.ts";

const appId = "102000001";
const source = (file: string) => JSON.stringify(new URL(`../../../src/store/${file}`, import.meta.url).href);

/** A process that says what `expression` gives, then lives until it is killed. */
async function child(expression: string, args: string[]): Promise<{ process: ChildProcess; said: string }> {
  const script = `
    import { acquireLock } from ${source("lock.ts")};
    import { ownerName } from ${source("process.ts")};
    const attempt = (run) => { try { return run(); } catch (error) { return "refused: " + error.message; } };
    console.log(attempt(() => ${expression}));
    setInterval(() => {}, 60_000);
  `;
  const started = spawn(process.execPath, ["--input-type=module", "-e", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  afterTest(() => started.kill("SIGKILL"));
  const [said] = (await once(started.stdout, "data")) as [Buffer];
  return { process: started, said: said.toString().trim() };
}

async function kill(target: ChildProcess): Promise<void> {
  target.kill("SIGKILL");
  await once(target, "exit");
}

const take = `acquireLock({ home: process.argv[1], appId: "${appId}", owner: "bot" }) && "taken"`;

function writeLock(home: string, content: Record<string, unknown>): string {
  const path = openHome(home).lockPath(appId);
  const mark = { host: hostname(), pid: process.pid, start: "", since: Date.now(), owner: "bot", token: "t" };
  writeFileSync(path, JSON.stringify({ ...mark, ...content }));
  return path;
}

describe("acquireLock", () => {
  it("lets one process in and names it to the next, without touching another bot's lock", async () => {
    const home = scratchFolder();
    const { process: holder, said } = await child(take, [home]);
    expect(said).toBe("taken");
    const attempt = () => acquireLock({ home, appId, owner: "mcp" });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(new RegExp(`bot \\(pid ${holder.pid} on .*, since 20\\d\\d-`));
    expect(attempt).toThrow(expect.objectContaining({ remedy: expect.stringContaining("stop that process") }));
    acquireLock({ home, appId: "102000002", owner: "mcp" }).release();
  });

  it("takes over at once from a process that was killed", async () => {
    const home = scratchFolder();
    const { process: holder } = await child(take, [home]);
    await kill(holder);
    acquireLock({ home, appId, owner: "bot" }).release();
  });

  it("gives the lock of a dead process to exactly one of many", async () => {
    const home = scratchFolder();
    await kill((await child(take, [home])).process);
    const rivals = await Promise.all([1, 2, 3, 4].map(() => child(take, [home])));
    expect(rivals.filter(({ said }) => said === "taken")).toHaveLength(1);
    expect(rivals.filter(({ said }) => said.startsWith("refused"))).toHaveLength(3);
  });

  it("takes over at once when a process died while it took over", async () => {
    const home = scratchFolder();
    const { process: dead, said } = await child("ownerName()", []);
    await kill(dead);
    const [host, pid, start] = JSON.parse(said) as [string, number, string];
    const path = writeLock(home, { host, pid, start });
    writeFileSync(`${path}.taking`, readFileSync(path));
    acquireLock({ home, appId, owner: "bot" }).release();
  });

  it("is free after release, and when the process exits by itself", async () => {
    const home = scratchFolder();
    const lock = acquireLock({ home, appId, owner: "bot" });
    lock.release();
    lock.release();
    const { process: other, said } = await child(`${take} && setTimeout(() => process.exit(0), 10) && "taken"`, [home]);
    expect(said).toBe("taken");
    if (other.exitCode === null) await once(other, "exit");
    expect(existsSync(openHome(home).lockPath(appId))).toBe(false);
  });

  it("never removes a lock that has become another's", () => {
    const home = scratchFolder();
    const lock = acquireLock({ home, appId, owner: "bot" });
    const path = writeLock(home, { token: "somebody else" });
    lock.release();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ token: "somebody else" });
  });

  it.runIf(process.platform === "linux")("sees that a pid was given to another process (start tick)", () => {
    const home = scratchFolder();
    writeLock(home, { start: "another boot/1" });
    acquireLock({ home, appId, owner: "bot" }).release();
  });

  it.runIf(existsSync("/bin/ps"))("sees that a pid was given to another process (start time)", () => {
    const home = scratchFolder();
    const startedAt = Date.now() - process.uptime() * 1000;
    writeLock(home, { start: "", since: startedAt - 60_000 });
    acquireLock({ home, appId, owner: "bot" }).release();
    writeLock(home, { start: "", since: startedAt + 1_000 });
    expect(() => acquireLock({ home, appId, owner: "bot" })).toThrow("already running");
  });

  it("waits a minute for a silent holder on another machine", () => {
    const home = scratchFolder();
    const clock = new FakeClock();
    const path = writeLock(home, { host: "elsewhere" });
    utimesSync(path, clock.now() / 1000, clock.now() / 1000 - 59);
    expect(() => acquireLock({ home, appId, owner: "bot", clock })).toThrow("on elsewhere");
    utimesSync(path, clock.now() / 1000, clock.now() / 1000 - 61);
    acquireLock({ home, appId, owner: "bot", clock }).release();
  });

  it("keeps its own file fresh while it is held", async () => {
    const home = scratchFolder();
    const clock = new FakeClock();
    const lock = acquireLock({ home, appId, owner: "bot", clock });
    await clock.advance(40_000);
    const ageMs = clock.now() - statSync(openHome(home).lockPath(appId)).mtimeMs;
    expect(ageMs).toBeLessThan(20_000);
    lock.release();
    expect(clock.pending).toBe(0);
  });

  it("treats a file without content as being written, and a second later as left behind", () => {
    const home = scratchFolder();
    const path = openHome(home).lockPath(appId);
    writeFileSync(path, "");
    expect(() => acquireLock({ home, appId, owner: "bot" })).toThrow("just starting");
    const old = Date.now() / 1000 - 1.5;
    utimesSync(path, old, old);
    acquireLock({ home, appId, owner: "bot" }).release();
  });
});

describe("acquireLock for some of the shards", () => {
  const some = (ids: number[], count: number) => ({ appId, owner: "bot", shards: { ids, count } });

  it("lets processes divide an app, and names the one that holds a shard already", async () => {
    const home = scratchFolder();
    const script = `acquireLock({ home: process.argv[1], ...${JSON.stringify(some([0, 1], 4))} }) && "taken"`;
    const { process: holder, said } = await child(script, [home]);
    expect(said).toBe("taken");
    const rest = acquireLock({ home, ...some([2, 3], 4) });
    rest.release();
    const attempt = () => acquireLock({ home, ...some([1, 2], 4) });
    expect(attempt).toThrow(new RegExp(`bot \\(pid ${holder.pid} on`));
    // What it had taken before it was refused is free again.
    acquireLock({ home, ...some([2], 4) }).release();
    await kill(holder);
    acquireLock({ home, ...some([0, 1], 4) }).release();
  });

  it("keeps the whole app and other counts out, and is kept out by them", () => {
    const home = scratchFolder();
    const part = acquireLock({ home, ...some([0], 4) });
    expect(() => acquireLock({ home, appId, owner: "bot" })).toThrow("already running");
    expect(() => acquireLock({ home, ...some([1], 2) })).toThrow("already running");
    acquireLock({ home, appId: `${appId}1`, owner: "bot" }).release();
    part.release();
    const whole = acquireLock({ home, appId, owner: "bot" });
    expect(() => acquireLock({ home, ...some([1], 2) })).toThrow("already running");
    whole.release();
    expect(readdirSync(home).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });
});

describe("isOwnerGone", () => {
  it("is true for ended processes of this machine only", async () => {
    const { process: owner, said } = await child("ownerName()", []);
    expect(isOwnerGone(said)).toBe(false);
    expect(isOwnerGone(ownerName())).toBe(false);
    await kill(owner);
    expect(isOwnerGone(said)).toBe(true);
    expect(isOwnerGone(said.replace(hostname(), "elsewhere"))).toBe(false);
    expect(isOwnerGone("some other name")).toBe(false);
  });
});

/** Killed, but its parent has not asked for its end: in containers whose first process does not, it stays so for ever. */
it.skipIf(process.platform !== "linux")("a process that only its parent still knows has ended", async () => {
  const parent = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; exec sleep 61"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  afterTest(() => parent.kill("SIGKILL"));
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(said.toString());
  const mark = { host: hostname(), pid, start: "", since: Date.now() };
  expect(stateOf(mark)).toBe("running");
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z /));
  expect(stateOf(mark)).toBe("gone");
  expect(isOwnerGone(JSON.stringify([hostname(), pid, "", "x"]))).toBe(true);
});

describe("openHome", () => {
  it.skipIf(process.platform === "win32")("ends with an error where no folder can be made at all", () => {
    expect(() => openHome("/proc/qq-skill/home")).toThrow(ConfigError);
  });

  it.runIf(process.platform !== "win32")("makes a folder and a database for this user alone", () => {
    const home = openHome(join(scratchFolder(), "a", "b"));
    expect(statSync(home.path).mode & 0o777).toBe(0o700);
    expect(statSync(home.databasePath).mode & 0o777).toBe(0o600);
  });

  it("names the setting when nothing can be written there", () => {
    const file = join(scratchFolder(), "file");
    writeFileSync(file, "");
    const attempt = () => openHome(join(file, "home"));
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(expect.objectContaining({ setting: "QQ_SKILL_HOME", remedy: expect.any(String) }));
  });

  it("keeps file names plain whatever the account is called", () => {
    const home = openHome(scratchFolder());
    expect(home.lockPath("../../x")).toBe(join(home.path, "bot-______x.lock"));
  });
});
