import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { redact, redactText } from "../../../src/core/redact.ts";

describe("text", () => {
  it.each([
    "QQBot vF3kQ9zL1mN8pR5tX2wY",
    "Bearer sk-1234567890abcdefgh",
    "Bot 102012345.vF3kQ9zL1mN8",
    "auth_token=vSecret",
    'auth_token: "vSecret"',
    '{\\"authToken\\":\\"vSecret\\"}',
    "https://x.example/?access_token=vSecret&y=1",
    '{"clientSecret":"vSecret"}',
  ])("loses the credential in %j", (text) => {
    const clean = redactText(`before ${text} after`);
    expect(clean).toContain("[redacted]");
    expect(clean).not.toContain(text);
    expect(clean).not.toContain("vSecret");
    expect(clean.endsWith(" after")).toBe(true);
  });

  it.each(["my Bot answers questions", "the QQBot platform", "Bot 小助手 already said so", "a Bearer of news"])(
    "keeps what people write: %j",
    (text) => {
      expect(redactText(text)).toBe(text);
    },
  );

  it("loses listed secrets wherever they stand", () => {
    expect(redact({ a: ["x", { b: "is s3cret-value!" }] }, ["s3cret-value"])).toEqual({
      a: ["x", { b: "is [redacted]!" }],
    });
  });
});

it("finds credentials at any depth, by key, by form and by value, whatever is around them", () => {
  const secret = "tok3n-that-nobody-may-see";
  const planted = fc.constantFrom<unknown>(
    { auth_token: secret },
    { access_token: [secret] },
    { appSecret: { nested: secret } },
    `auth_token=${secret}`,
    `msg_idx=1,auth_token: ${secret}`,
    JSON.stringify({ d: { message_scene: { ext: [`auth_token=${secret}`] }, authToken: secret } }),
    JSON.stringify(JSON.stringify({ client_secret: secret })),
    `Authorization: QQBot ${secret}`,
    new Error(`failed with access_token=${secret}`),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "large" },
      planted,
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.string(), tie("tree"), { minKeys: 1, maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(JSON.stringify(redact(value))).not.toContain(secret);
    }),
  );
});

describe("errors", () => {
  it("keep the place where a bug happened, and the reason behind it", () => {
    const bug = new TypeError("x is not a function", { cause: new Error("because of s3cret-value") });
    const copy = redact({ error: bug }, ["s3cret-value"]) as { error: { stack: string; cause: { message: string } } };
    expect(copy.error.stack).toContain("redact.test.ts");
    expect(copy.error.cause.message).toBe("because of [redacted]");
  });

  it("that are answers to a mistake need no stack", () => {
    expect(redact(new InputError("id", "id is empty"))).not.toHaveProperty("stack");
  });
});

it("ends on values that hold themselves", () => {
  const loop: { self?: unknown; token: string } = { token: "abc" };
  loop.self = loop;
  expect(JSON.stringify(redact(loop))).toContain("[redacted]");
  expect(JSON.stringify(redact(loop))).not.toContain("abc");
});
