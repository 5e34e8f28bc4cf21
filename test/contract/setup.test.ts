import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBindingDesk } from "../../src/cli/binding-desk.ts";
import { readCredentials, saveCredentials } from "../../src/cli/credentials.ts";
import type { Dialogue } from "../../src/cli/dialogue.ts";
import { setUp } from "../../src/cli/setup.ts";
import { createTokenSource } from "../../src/rest/token.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { FakeClock, settle } from "../kit/fake-clock.ts";
import { temporaryFolder } from "../kit/processes.ts";
import { unusedPort } from "../kit/stub-api.ts";

type Answer = string | boolean | undefined;

/** Answers in order; an answer that nobody asked for, or a question without one, fails the test. */
function scripted(answers: Answer[]) {
  const shown: string[] = [];
  const next = (question: string): Answer => {
    if (answers.length === 0) throw new Error(`nobody said what to answer to: ${question}`);
    shown.push(question);
    return answers.shift();
  };
  const leaving = new AbortController();
  const dialogue: Dialogue = {
    begin: (title) => shown.push(title),
    async choose(question, options) {
      const answer = next(question);
      return options.find(({ value }) => value === answer)?.value;
    },
    async ask(question, problem) {
      const answer = next(question) as string | undefined;
      expect(answer === undefined ? undefined : problem(answer)).toBeUndefined();
      return answer;
    },
    askSecret: async (question) => next(question) as string | undefined,
    confirm: async (question) => next(question) as boolean | undefined,
    say: (text) => shown.push(text),
    draw: (picture) => shown.push(picture),
    wait: (what, work) => {
      shown.push(what);
      return work(leaving.signal);
    },
    end: (text) => shown.push(text),
    leave: (text) => shown.push(text),
  };
  return { dialogue, shown, answers, leave: () => leaving.abort() };
}

async function stage(answers: Answer[], bound?: string) {
  const emulator = await startTestEmulator();
  const home = join(temporaryFolder(), "data");
  const clock = new FakeClock();
  const person = scripted(answers);
  const binding = createBindingDesk({ baseUrl: emulator.url, fetch, home, appId: undefined });
  const tokenUrl = { url: emulator.tokenUrl };
  const start = () =>
    setUp({
      ...{ dialogue: person.dialogue, binding, clock, home, bound },
      async verify({ app_id: appId, app_secret: secret }, signal) {
        await createTokenSource({ url: tokenUrl.url, appId, secret, fetch }).get(signal);
      },
    });
  /** The person scans the newest code that was shown. */
  const approve = async () => {
    const address = () => person.shown.findLast((text) => text.startsWith(emulator.url));
    await expect.poll(address).toBeDefined();
    const task_id = new URL(address() ?? "").searchParams.get("task_id");
    emulator.act({ action: "approve_binding", task_id, as: "alice" });
  };
  return { emulator, home, clock, start, approve, tokenUrl, ...person };
}

describe("a person sets a bot up", () => {
  it("by scanning: the code is shown, and the secret is not", async () => {
    const { emulator, home, start, approve, shown, clock, answers } = await stage(["qr", "pairing"]);
    const done = start();
    await approve();
    const { appId, appSecret } = emulator.app;
    await expect.poll(() => clock.advance(2000).then(() => readCredentials(home)?.app_id)).toBe(appId);
    expect(await done).toBe(appId);
    expect(readCredentials(home)).toMatchObject({
      app_secret: appSecret,
      talk_private: "pairing",
      talk_groups: "pairing",
    });
    expect(shown.some((text) => text.includes("█"))).toBe(true);
    expect(shown.join("\n")).not.toContain(appSecret);
    expect(answers).toEqual([]);
  });

  it("with a new code when the first has expired", async () => {
    const { emulator, home, start, approve, shown, clock } = await stage(["qr", true, undefined]);
    const done = start();
    const codes = () => shown.filter((text) => text.includes("█")).length;
    await expect.poll(codes).toBe(1);
    emulator.advance(11 * 60_000);
    await expect.poll(() => clock.advance(2000).then(codes)).toBe(2);
    await approve();
    await expect.poll(() => clock.advance(2000).then(() => readCredentials(home)?.app_id)).toBe(emulator.app.appId);
    expect(await done).toBe(emulator.app.appId);
  });

  it("by pasting: asked again until the platform takes them", async () => {
    const { emulator, home, start, shown, answers } = await stage(["paste", "102", "wrong", true]);
    const { appId, appSecret } = emulator.app;
    answers.push(appId, appSecret, "open");
    expect(await start()).toBe(appId);
    const talk = { talk_private: "open", talk_groups: "open" };
    expect(readCredentials(home)).toEqual({ app_id: appId, app_secret: appSecret, ...talk });
    expect(shown.join("\n")).toContain("100007");
  });

  it("without a network, if they insist", async () => {
    const { home, start, tokenUrl } = await stage(["paste", "102", "s3cret", true, undefined]);
    tokenUrl.url = `http://127.0.0.1:${await unusedPort()}/none`;
    expect(await start()).toBe("102");
    expect(readCredentials(home)).toEqual({ app_id: "102", app_secret: "s3cret" });
  });

  it.each([
    ["at the choice", [undefined]],
    ["at the AppID", ["paste", undefined]],
    ["at the secret", ["paste", "102", undefined]],
    ["after a refusal", ["paste", "102", "wrong", false]],
  ] as [string, Answer[]][])("or leaves %s, and nothing is changed", async (_, answers) => {
    const { home, start } = await stage(answers);
    expect(await start()).toBeUndefined();
    expect(readCredentials(home)).toBeUndefined();
  });

  it("or leaves while the phone is waited for", async () => {
    const { home, start, leave, shown } = await stage(["qr", "pairing"]);
    const done = start();
    await expect.poll(() => shown.some((text) => text.includes("waiting"))).toBe(true);
    await settle();
    leave();
    expect(await done).toBeUndefined();
    expect(readCredentials(home)).toBeUndefined();
  });

  it("or keeps the bot that is there", async () => {
    const { home, start } = await stage([false], "7");
    saveCredentials(home, { app_id: "7", app_secret: "kept" });
    expect(await start()).toBeUndefined();
    expect(readCredentials(home)?.app_secret).toBe("kept");
  });
});
