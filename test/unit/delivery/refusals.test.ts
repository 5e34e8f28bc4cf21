import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/core/errors.ts";
import { errorCodes, reportedErrorCodes } from "../../../src/protocol/error-codes.ts";
import { scenes } from "../../../src/protocol/scenes.ts";
import type { RestRequest } from "../../../src/rest/request.ts";
import { desk } from "./desk.ts";

const codes = [...errorCodes, ...reportedErrorCodes].flatMap(({ code }) => (typeof code === "number" ? [code] : code));
const unknownCodes = [12_345_678, 40_999_999, 50_999_999];
const facts = { service: "bot", method: "POST", path: "/v2/groups/{group_openid}/messages" };

/** The richest message: markdown with an address, as a reply. */
const rich = { text: "**看** [文档](https://a.com)", format: "markdown", id: "place/1" } as const;

describe("whatever code the platform refuses a send with", () => {
  it.each(scenes)(
    "a %s comes to an end after few calls, with the refusal in hand or the message put aside",
    async (scene) => {
      let refusal: ApiError;
      const at = desk(() => refusal);
      for (const qqCode of [...codes, ...unknownCodes])
        for (const status of [400, 500])
          for (const mayWait of [false, true]) {
            refusal = new ApiError(`refused ${qqCode}`, { ...facts, qqCode, status });
            const what = `${qqCode} with ${status}${mayWait ? ", may wait" : ""}`;
            const before = at.calls.length;
            const message = { ...rich, scene, replyTo: at.replyTo(what), mayWait, key: what };
            const outcome = await at.delivery.deliver(message).catch((error: unknown) => error);
            expect(at.calls.length - before, what).toBeLessThanOrEqual(4);
            // What was refused is remembered for a while.
            await at.clock.advance(25 * 3_600_000);
            if (outcome === refusal) continue;
            // Nothing is called delivered on a refusal.
            const { parts } = outcome as Awaited<ReturnType<typeof at.deliver>>;
            expect(["held", "unknown"], what).toContain(parts[0]?.status);
            if (parts[0]?.status === "held") expect(mayWait, what).toBe(true);
          }
    },
  );

  it("counts no free reply for a clear no", async () => {
    let refusal: ApiError;
    const at = desk(() => refusal);
    for (const qqCode of codes.filter((code) => code !== 40054005)) {
      refusal = new ApiError(`refused ${qqCode}`, { ...facts, qqCode, status: 400 });
      await at.delivery.deliver({ ...rich, scene: "group", replyTo: at.replyTo(`${qqCode}`) }).catch(() => undefined);
      expect(at.memory.store.sends.used("group:place/1", `${qqCode}`), String(qqCode)).toBe(0);
    }
  });
});

describe("on the wire", () => {
  const wire = (at: ReturnType<typeof desk>) =>
    at
      .bodies()
      .map(({ content, markdown, msg_id: to, msg_seq: seq }) => [content ?? markdown, to ?? null, seq ?? null]);

  it("one answer is one reply", async () => {
    const at = desk();
    await at.deliver({ scene: "c2c", text: "答案", replyTo: at.replyTo() });
    expect(wire(at)).toEqual([["答案", "m1", 1]]);
  });

  it("four typing states and four texts spend the replies of one message, and what follows has neither msg_id nor msg_seq", async () => {
    const at = desk();
    const place = { template: "/v2/groups/{group_openid}/messages", path: "/v2/groups/place%2F1/messages" };
    const body = { msg_type: 6, msg_id: "m1", content: "typing" };
    const typing: RestRequest = { service: "bot", method: "POST", ...place, body };
    for (let n = 0; n < 4; n++) await at.delivery.rest.request(typing);
    for (let n = 0; n < 4; n++) await at.deliver({ scene: "group", text: `${n}`, replyTo: at.replyTo() });
    expect(wire(at)).toEqual([
      ["typing", "m1", 1],
      ["typing", "m1", 2],
      ["typing", "m1", 3],
      ["typing", "m1", 4],
      ["0", "m1", 5],
      ["1", null, null],
      ["2", null, null],
      ["3", null, null],
    ]);
  });
});
