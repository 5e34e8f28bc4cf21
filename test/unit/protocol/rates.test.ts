import { describe, expect, it } from "vitest";
import { ratedRoutes, rateOf } from "../../../src/protocol/rates.ts";

describe("rateOf", () => {
  it("knows the published rates by method and template", () => {
    expect(rateOf("POST", "/v2/groups/{group_openid}/messages")).toEqual({ limit: 100, perMs: 1000 });
    expect(rateOf("DELETE", "/v2/groups/{group_openid}/messages/{message_id}")).toEqual({ limit: 10, perMs: 1000 });
    expect(rateOf("PUT", "/v2/menu")).toEqual({ limit: 5, perMs: 60_000 });
    expect(rateOf("GET", "/guilds/{guild_id}/roles")).toBeUndefined();
  });

  it("counts channel messages apart for each channel", () => {
    expect(rateOf("POST", "/channels/{channel_id}/messages")).toEqual({ limit: 5, perMs: 1000, per: "channel_id" });
  });

  it("names only placeholders that the route has", () => {
    for (const route of ratedRoutes) {
      const [method = "", template = ""] = route.split(" ");
      const per = rateOf(method, template)?.per;
      if (per !== undefined) expect(template).toContain(`{${per}}`);
    }
  });
});
