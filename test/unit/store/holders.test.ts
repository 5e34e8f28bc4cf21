import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/store/database.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

function twoProcesses() {
  const [path, clock] = [join(scratchFolder(), "a.db"), new FakeClock()];
  return { path, clock, holder: scratchStore({ path, clock }), other: scratchStore({ path, clock }) };
}

/** As a process of the past left it. */
function plant(path: string, { clock, owner }: { clock: FakeClock; owner: unknown[] }): void {
  const database = openDatabase(path);
  const row = ["102000001", JSON.stringify(owner), "qq-skill bot", '{"state":"live"}', clock.now()];
  database.run("INSERT INTO gateway_holder VALUES (?, ?, ?, ?, ?)", row);
  database.close();
}

describe("who holds the gateway", () => {
  it("is told to the other processes of the app, with what it says last", () => {
    const { holder, other } = twoProcesses();
    const own = holder.holders.announce("qq-skill bot");
    own.say({ state: "connecting" });
    own.say({ state: "live" });
    expect(other.holders.others()).toEqual([
      { name: `qq-skill bot (pid ${process.pid} on ${hostname()})`, status: { state: "live" } },
    ]);
    expect(holder.holders.others()).toEqual([]);
    own.leave();
    own.say({ state: "live" });
    expect(other.holders.others()).toEqual([]);
  });

  it("is not believed when it has been silent for long", async () => {
    const { clock, holder, other } = twoProcesses();
    const own = holder.holders.announce("qq-skill bot");
    own.say({ state: "live" });
    await clock.advance(30_000);
    expect(other.holders.others()).toMatchObject([{ status: { state: "live" } }]);
    await clock.advance(1);
    expect(other.holders.others()).toMatchObject([{ status: null }]);
    own.say({ state: "live" });
    expect(other.holders.others()).toMatchObject([{ status: { state: "live" } }]);
  });

  it("is nobody when its process has ended, and the next holder clears it away", () => {
    const { path, clock, other, holder } = twoProcesses();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    plant(path, { clock, owner: [hostname(), pid, "", "x"] });
    expect(other.holders.others()).toEqual([]);
    holder.holders.announce("qq-skill mcp").say({ state: "live" });
    const database = openDatabase(path);
    expect(database.all("SELECT 1 FROM gateway_holder")).toHaveLength(1);
    database.close();
  });

  it("on another machine counts while it speaks", async () => {
    const { path, clock, other } = twoProcesses();
    plant(path, { clock, owner: ["elsewhere", 1, "", "x"] });
    expect(other.holders.others()).toMatchObject([{ name: "qq-skill bot (pid 1 on elsewhere)" }]);
    await clock.advance(30_001);
    expect(other.holders.others()).toEqual([]);
  });
});
