import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { openStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { afterTest, scratchFolder } from "./scratch.ts";

function open(options: { path?: string; connectAppId?: string; clock?: FakeClock } = {}) {
  const { path = ":memory:", connectAppId = "101000001", clock = new FakeClock() } = options;
  const store = openStore({ path, appId: "1", connectAppId, miniAppId: connectAppId, clock, log: silentLog });
  afterTest(() => store.close());
  return { ...store, clock };
}

const tokens = { openid: "O", accessToken: "access-1", refreshToken: "refresh-1", expiresAt: 5 };
const redirectUri = "http://127.0.0.1/callback";

describe("a login that has begun", () => {
  it("has a state of at least 128 bit that works once", async () => {
    const { logins } = open();
    const { state } = await logins.begin({ redirectUri });
    expect(Buffer.from(state, "base64url").length).toBeGreaterThanOrEqual(16);
    expect(await logins.finish(`${state}x`)).toBeUndefined();
    expect(await logins.finish(state)).toEqual({ redirectUri });
    expect(await logins.finish(state)).toBeUndefined();
  });

  it("ends after ten minutes", async () => {
    const { logins, clock } = open();
    const { state, expiresAt } = await logins.begin({ redirectUri });
    expect(expiresAt - clock.now()).toBe(600_000);
    await clock.advance(600_000);
    expect(await logins.finish(state)).toBeUndefined();
  });
});

describe("a kept login", () => {
  it("belongs to one app and survives a restart", async () => {
    const path = join(scratchFolder(), "a.db");
    const ref = await open({ path }).logins.keep(tokens);
    expect(open({ path }).logins.find(ref)).toEqual({ ref, ...tokens });
    expect(open({ path, connectAppId: "101000002" }).logins.find(ref)).toBeUndefined();
    expect(await open({ path }).logins.forget(ref)).toBe(true);
    expect(open({ path }).logins.find(ref)).toBeUndefined();
  });

  it("is renewed by one process at a time, and by another one when the first has died", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const [first, second] = [open({ path, clock }).logins, open({ path, clock }).logins];
    const ref = await first.keep(tokens);
    expect(await first.lock(ref)).toBe(true);
    expect(await second.lock(ref)).toBe(false);
    await clock.advance(60_000);
    expect(await second.lock(ref)).toBe(true);
    await second.renew(ref, { accessToken: "access-2", refreshToken: "refresh-2", expiresAt: 9 });
    expect(first.find(ref)).toMatchObject({ accessToken: "access-2", refreshToken: "refresh-2", expiresAt: 9 });
    expect(await first.lock(ref)).toBe(true);
    await first.release(ref, { isSpent: true });
    expect(second.find(ref)?.refreshToken).toBeUndefined();
  });
});

describe("a session of the mini program", () => {
  it("is found by its ref, by this app only, until it is a month old", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const { miniSessions } = open({ path, clock });
    const ref = await miniSessions.keep({ openid: "O", sessionKey: "key" });
    expect(miniSessions.find(ref)).toEqual({ openid: "O", sessionKey: "key" });
    expect(open({ path, connectAppId: "7", clock }).miniSessions.find(ref)).toBeUndefined();
    await clock.advance(31 * 24 * 3_600_000);
    await miniSessions.keep({ openid: "P", sessionKey: "key" });
    expect(miniSessions.find(ref)).toBeUndefined();
  });
});
