import { describe, expect, it } from "vitest";
import { tagProblem, writeMentions } from "../../../src/protocol/mention-form.ts";

const openid = "0123456789ABCDEF0123456789ABCDEF";
const official = `<qqbot-at-user id="${openid}" />`;

describe("writeMentions", () => {
  it.each([
    ["group", `hi <@${openid}>!`, `hi ${official}!`],
    ["group", `hi <@!${openid}>`, `hi ${official}`],
    ["group", `<qqbot-at-user id=${openid} />`, official],
    ["group", official, official],
    ["group", "Set<@Foo> a<b>", "Set<@Foo> a<b>"],
    ["channel", `hi ${official}`, `hi <@${openid}>`],
    ["channel", "hi <@144115218182563108>", "hi <@144115218182563108>"],
    ["c2c", `hi <@${openid}>`, `hi <@${openid}>`],
  ] as const)("writes for %s: %s", (scene, text, expected) => {
    expect(writeMentions(text, scene)).toBe(expected);
  });
});

describe("tagProblem", () => {
  it.each([
    ["group", `<qqbot-at-user id=${openid} />`, /quotes/],
    ["group", "<qqbot-at-everyone />", /text channels/],
    ["dms", "<qqbot-at-everyone />", /text channels/],
    ["group", '<qqbot-cmd-enter text="a" />', /40034106/],
  ] as const)("finds in %s: %s", (scene, text, problem) => {
    expect(tagProblem(text, scene)).toMatch(problem);
  });

  it.each([
    ["group", official],
    ["channel", "<qqbot-at-everyone />"],
    ["c2c", '<qqbot-cmd-enter text="a" />'],
    ["group", '<qqbot-cmd-input text="a" show="b" reference="false" />'],
    ["group", "a < b and <b>"],
  ] as const)("lets through in %s: %s", (scene, text) => {
    expect(tagProblem(text, scene)).toBeUndefined();
  });
});
