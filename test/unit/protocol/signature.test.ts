import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { answerChallenge, deriveSeed, isFresh, signerOf } from "../../../src/protocol/signature.ts";

const event =
  '{"op":0,"id":"C2C_MESSAGE_CREATE:testvector0001","t":"C2C_MESSAGE_CREATE","d":{"id":"ROBOT1.0_testvector!","content":"你好","timestamp":"2026-11-20T20:31:07+08:00","author":{"user_openid":"E81B4D6F02A94C7395D0B7F1A3C8624E"}}}';
const botgoBody =
  '{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!","content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00","author":{"id":"675860273","user_openid":"675860273"}}';

const vectors = [
  {
    name: "a 32-byte secret",
    secret: "q7Rk2mVx9TzL4bNc8WpH3sYf6DjG1uEa",
    timestamp: "1795177867",
    body: event,
    signature:
      "75993bfddbeb016b78f37f9a2f622d028c402fe06758fb4d8846790f3d8205a0da1be9b0e0cbaa62a4fd3beee65761de745941e5de92b1e0be5c3978a05cc501",
  },
  {
    name: "a secret shorter than 16 bytes",
    secret: "demoSecret",
    timestamp: "1795177867",
    body: event,
    signature:
      "d9b0a3cbec61898a90d61b959d9a057b690842e3999348e5339b3288e71b19eeeeff779b1ce236d69f4b091e019af143a42bbd9240b116cdd05991447ffa3d02",
  },
  {
    name: "the official Go SDK",
    secret: "123456abcdef",
    timestamp: "1728981195",
    body: botgoBody,
    signature:
      "e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004",
  },
] as const;

describe("webhook signatures", () => {
  it.each(vectors)("agree with $name", ({ secret, timestamp, body, signature }) => {
    expect(signerOf(secret).sign(timestamp, body)).toBe(signature);
    expect(signerOf(secret).verify(signature, timestamp, Buffer.from(body))).toBe(true);
  });

  it("derive seed and key as the official page prints them", () => {
    expect(deriveSeed("naOC0ocQE3shWLAfffVLB1rhYPG7").toString()).toBe("naOC0ocQE3shWLAfffVLB1rhYPG7naOC");
    expect(signerOf("naOC0ocQE3shWLAfffVLB1rhYPG7").publicKey).toBe(
      "d7c362fe78aef81ff23287b493628b5db02a3c4fe30b215e4d19609b5d76673a",
    );
    expect(deriveSeed("demoSecret").toString()).toBe("demoSecretdemoSecretdemoSecretde");
    expect(() => deriveSeed("")).toThrow(ConfigError);
  });

  it("hold for the bytes as received only", () => {
    const { secret, timestamp, body, signature } = vectors[0];
    const { verify } = signerOf(secret);
    expect(verify(signature, timestamp, JSON.stringify(JSON.parse(body), null, 1))).toBe(false);
    expect(verify(signature, "1795177868", body)).toBe(false);
    expect(signerOf("another secret").verify(signature, timestamp, body)).toBe(false);
  });

  it("are refused, not thrown at, when malformed", () => {
    const { secret, timestamp, body, signature } = vectors[0];
    const { verify } = signerOf(secret);
    const raised = `${signature.slice(0, 126)}e1`;
    for (const wrong of ["", "zz", signature.slice(2), `${signature}00`, raised, "0".repeat(128)])
      expect(verify(wrong, timestamp, body)).toBe(false);
  });
});

describe("isFresh", () => {
  it("takes seconds or milliseconds within five minutes, either way", () => {
    expect(isFresh("1795177867", 1_795_177_867_000 + 299_000)).toBe(true);
    expect(isFresh("1795177867", 1_795_177_867_000 - 299_000)).toBe(true);
    expect(isFresh("1795177867000", 1_795_177_867_000)).toBe(true);
    expect(isFresh("1795177867", 1_795_177_867_000 + 301_000)).toBe(false);
    for (const odd of ["", "now", "17951778.7", "-1795177867"]) expect(isFresh(odd, 1_795_177_867_000)).toBe(false);
  });
});

describe("answerChallenge", () => {
  const now = 1_725_442_341_000;

  it("signs the official sample as the official page prints it", () => {
    const challenge = { plain_token: "Arq0D5A61EgUu4OxUvOp", event_ts: "1725442341" };
    expect(answerChallenge(challenge, "DG5g3B4j9X2KOErG", now)).toEqual({
      plain_token: "Arq0D5A61EgUu4OxUvOp",
      signature:
        "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706",
    });
  });

  it.each([
    ["a forged event as the token", { plain_token: event, event_ts: "1725442341" }],
    ["half of one in each field", { plain_token: '0,"t":"X"}', event_ts: '1725442341{"op":' }],
    ["a token too short", { plain_token: "abc", event_ts: "1725442341" }],
    ["a token too long", { plain_token: "a".repeat(65), event_ts: "1725442341" }],
    ["an old time", { plain_token: "Arq0D5A61EgUu4OxUvOp", event_ts: "1725442000" }],
    ["a number as the time", { plain_token: "Arq0D5A61EgUu4OxUvOp", event_ts: 1725442341 }],
    ["nothing", null],
  ])("signs nothing for %s", (_, challenge) => {
    expect(answerChallenge(challenge, "DG5g3B4j9X2KOErG", now)).toBeNull();
  });
});
