import { describe, expect, it } from "vitest";
import { RateLimitError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import { createPacing } from "../../../src/rest/pacing.ts";
import type { HttpMethod, RestRequest } from "../../../src/rest/request.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

const route = (method: HttpMethod, template: string, path = template): RestRequest => ({
  ...{ service: "bot", method, template, path },
});
const menu = route("PUT", "/v2/menu");
const send = route("POST", "/v2/groups/{group_openid}/messages");

function setUp(mode: "published" | "off" = "published") {
  const clock = new FakeClock();
  const pacing = createPacing({ mode, clock, log: silentLog });
  const starts: number[] = [];
  const zero = clock.now();
  const take = (request: RestRequest, signal?: AbortSignal) =>
    pacing.take(request, signal).then((pass) => {
      starts.push(clock.now() - zero);
      return pass;
    });
  return { clock, pacing, take, starts };
}

describe("pacing", () => {
  it("lets no window of the published rate hold more than its number", async () => {
    const { clock, take, starts } = setUp();
    await take(menu);
    await clock.advance(50_000);
    const rest = Array.from({ length: 8 }, () => take(menu));
    await clock.advance(200_000);
    await Promise.all(rest);
    expect(starts).toHaveLength(9);
    for (const start of starts) {
      expect(starts.filter((other) => other >= start && other < start + 60_000).length).toBeLessThanOrEqual(5);
    }
    expect(clock.pending).toBe(0);
  });

  it("keeps the order of those who wait and reports how long they did", async () => {
    const { clock, pacing } = setUp();
    for (let n = 0; n < 100; n++) await pacing.take(send);
    const order: number[] = [];
    const waits = [1, 2, 3].map((n) =>
      pacing.take(send).then(({ waitedMs }) => {
        order.push(n);
        return waitedMs;
      }),
    );
    await clock.advance(1_000);
    expect(await Promise.all(waits)).toEqual([1_000, 1_000, 1_000]);
    expect(order).toEqual([1, 2, 3]);
  });

  it("counts per channel where the rate is per channel", async () => {
    const { take } = setUp();
    const to = (id: string) => route("POST", "/channels/{channel_id}/messages", `/channels/${id}/messages`);
    for (let n = 0; n < 5; n++) await take(to("1"));
    expect(await take(to("2"))).toMatchObject({ waitedMs: 0 });
  });

  it("refuses at once what would have to wait too long, and says until when", async () => {
    const { take } = setUp();
    const demand = route("POST", "/guilds/{guild_id}/api_permission/demand", "/guilds/7/api_permission/demand");
    for (let n = 0; n < 3; n++) await take(demand);
    const error = await take(demand).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfterMs: 86_400_000, bucket: "POST /guilds/{guild_id}/api_permission/demand" });
  });

  it("forgets who stops waiting, and leaves no timer behind", async () => {
    const { clock, take } = setUp();
    for (let n = 0; n < 5; n++) await take(menu);
    const abort = new AbortController();
    const gone = take(menu, abort.signal);
    abort.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    expect(clock.pending).toBe(0);
    const next = take(menu);
    await clock.advance(60_000);
    expect(await next).toMatchObject({ waitedMs: 60_000 });
  });

  it("knows no rates when off, but closes for everybody after a refusal", async () => {
    const { clock, pacing, take } = setUp("off");
    for (let n = 0; n < 50; n++) expect(await take(menu)).toMatchObject({ waitedMs: 0 });
    pacing.close((await take(menu)).bucket, 3_000);
    const held = [take(menu), take(menu)];
    await clock.advance(3_000);
    expect((await Promise.all(held)).map((pass) => pass.waitedMs)).toEqual([3_000, 3_000]);
  });
});
