import { describe, expect, it } from "vitest";
import { claimDigest } from "../../../src/protocol/claim-code.ts";
import { scrub } from "../../../src/protocol/scrub.ts";

const secret = "vexampleAuthTokenDoNotLog0000";

describe("scrub", () => {
  it("removes the entry from message_scene.ext and keeps its neighbours", () => {
    const data = { message_scene: { ext: ["msg_idx=REFIDX_a==", `auth_token=${secret}`, "ref_msg_idx=TMP_b"] } };
    expect(scrub(data)).toEqual({ message_scene: { ext: ["msg_idx=REFIDX_a==", "ref_msg_idx=TMP_b"] } });
  });

  it.each([
    ["deep in a list", { a: [{ b: [{ ext: [`auth_token=${secret}`] }] }] }],
    ["as a field", { auth_token: secret, authToken: secret }],
    ["in text", { content: `look: auth_token=${secret} !` }],
    [
      "in JSON that travels as text",
      { raw: JSON.stringify({ scene: { auth_token: secret, ext: [`auth_token=${secret}`] } }) },
    ],
    ["in JSON inside JSON", { raw: JSON.stringify(JSON.stringify({ auth_token: secret })) }],
    ["in a query", { url: `https://x.qq.com/a?b=1&auth_token=${secret}&c=2` }],
    ["in the older spelling", { ext: [`authToken:${secret}`] }],
    ["as the whole payload", `auth_token=${secret}`],
  ])("finds it %s", (_, data) => {
    expect(JSON.stringify(scrub(data))).not.toContain(secret);
  });

  it("puts digests in the place of codes that make somebody an owner, wherever and however they are written", () => {
    const data = { content: "/claim own-7kq2m-x9f3p", raw: ["see (OWN-7KQ2M-X9F3P)"] };
    const text = JSON.stringify(scrub(data));
    expect(text).not.toMatch(/7kq2m/i);
    expect(text.split(claimDigest("OWN-7KQ2M-X9F3P"))).toHaveLength(3);
  });

  it("keeps what follows in text and in an address", () => {
    expect(scrub(`https://x.qq.com/a?auth_token=${secret}&c=2`)).toBe("https://x.qq.com/a?[removed]&c=2");
  });

  it("returns the same object when there is nothing to remove", () => {
    const data = { id: "1", author: { id: "2" }, list: [1, null, "text about an author token"] };
    expect(scrub(data)).toBe(data);
  });

  it("leaves its input unchanged", () => {
    const ext = [`auth_token=${secret}`];
    scrub({ ext });
    expect(ext).toHaveLength(1);
  });

  it("survives hostile depth and keys", () => {
    const deep = JSON.parse(`${"[".repeat(5000)}"auth_token=${secret}"${"]".repeat(5000)}`);
    expect(JSON.stringify(scrub(deep))).not.toContain(secret);
    const odd = JSON.parse(`{"__proto__":{"auth_token":"${secret}"},"n":1}`);
    expect(JSON.stringify(scrub(odd))).toBe('{"__proto__":{},"n":1}');
  });
});
