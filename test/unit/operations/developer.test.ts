import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/operations/all.ts";
import { callOperation } from "../../../src/operations/call.ts";
import { closeCode, knownCloseCodes } from "../../../src/protocol/close-codes.ts";
import { errorCodes, reportedErrorCodes } from "../../../src/protocol/error-codes.ts";
import { defaultIntents } from "../../../src/protocol/intents.ts";
import { signerOf } from "../../../src/protocol/signature.ts";
import { type FakeOptions, fakeContext } from "../../kit/fake-context.ts";

type Loose = ReturnType<typeof JSON.parse>;

async function run(name: string, input: object = {}, options: FakeOptions = {}): Promise<Loose> {
  const operation = findOperation(name);
  if (!operation) throw new Error(`no operation ${name}`);
  const fake = fakeContext(options);
  const output = await callOperation(operation, fake.context, input);
  expect(fake.warnings).toEqual([]);
  expect(fake.requests).toEqual([]);
  expect(fake.delivered).toEqual([]);
  return output;
}

describe("explain_error", () => {
  it("knows every code of every family, with its own meaning and a remedy", async () => {
    for (const row of [...errorCodes, ...reportedErrorCodes]) {
      const code = typeof row.code === "number" ? row.code : row.code[0];
      const { known, explanations } = await run("explain_error", { code });
      expect(known, String(code)).toBe(true);
      if (typeof row.code === "number") expect(explanations.map((one: Loose) => one.meaning)).toContain(row.meaning);
      for (const one of explanations) expect(one.remedy, String(code)).not.toBe("");
    }
  });

  it("knows the codes with which the gateway closes", async () => {
    for (const code of knownCloseCodes) {
      const { explanations } = await run("explain_error", { code });
      expect(explanations.map((one: Loose) => one.meaning)).toContain(closeCode(code).meaning);
    }
    expect((await run("explain_error", { code: 4915 })).explanations[0]).toMatchObject({ action: "give_up" });
    expect((await run("explain_error", { code: 4907 })).known).toBe(true);
  });

  it("knows the codes of QQ login and of the mini program, beside the bot's own of the same number", async () => {
    const families = async (code: number) =>
      (await run("explain_error", { code })).explanations.map((one: Loose) => one.family);
    expect(await families(100007)).toEqual(["token endpoint", "QQ login"]);
    expect(await families(-20)).toEqual(["QQ login"]);
    expect(await families(40029)).toContain("mini program server API");
  });

  it("judges what nobody knows by its number and the HTTP status", async () => {
    expect(await run("explain_error", { code: 59_999_999 })).toMatchObject({
      known: false,
      explanations: [{ action: "retry" }],
    });
    expect((await run("explain_error", { code: 7, http_status: 429 })).explanations[0].action).toBe("wait");
  });
});

describe("intents", () => {
  it("are encoded from intents, events and numbers, and decoded again", async () => {
    const encoded = await run("encode_intents", { names: ["guilds", "C2C_MESSAGE_CREATE", "1073741824"] });
    expect(encoded.mask).toBe(1 + 2 ** 25 + 2 ** 30);
    expect(await run("decode_intents", { mask: encoded.mask })).toEqual(encoded);
    expect(encoded.intents[1]).toMatchObject({ bit: 25, name: "GROUP_AND_C2C_EVENT", grant: "application" });
    expect((await run("decode_intents")).is_default).toBe(true);
    expect((await run("encode_intents", { names: ["default"] })).mask).toBe(defaultIntents);
  });

  it("names a word that is no intent, and a bit that none has", async () => {
    await expect(run("encode_intents", { names: ["GUILDS", "NONSENSE"] })).rejects.toMatchObject({
      name: "InputError",
      field: "names",
      message: expect.stringContaining("NONSENSE"),
    });
    expect((await run("decode_intents", { mask: 2 ** 31 })).intents).toEqual([
      expect.objectContaining({ name: "BIT_31", grant: "unknown", events: [] }),
    ]);
  });
});

describe("decode_frame", () => {
  it("tells an event, what it needs, and how it can be replied to", async () => {
    const d = {
      id: "ROBOT1.0_x!",
      content: "hi",
      timestamp: "2026-11-01T10:00:00+08:00",
      author: { id: "U", user_openid: "U" },
    };
    const frame = JSON.stringify({ op: 0, s: 7, t: "C2C_MESSAGE_CREATE", id: "C2C_MESSAGE_CREATE:1", d });
    expect(await run("decode_frame", { frame })).toMatchObject({
      ...{ op: 0, name: "dispatch", from: "platform", seq: 7, problems: [] },
      event: {
        ...{ intent: "GROUP_AND_C2C_EVENT", scene: "c2c", reply_with: "msg_id", reply_id: "ROBOT1.0_x!" },
        ...{ reply_window_s: 3600, reply_max: 4 },
      },
    });
  });

  it("points at fields that differ from the documented form, and keeps ids beyond 2^53", async () => {
    const text = '{"op":0,"s":1,"t":"GUILD_CREATE","d":{"id":9007199254740993123,"name":5}}';
    const { d, problems } = await run("decode_frame", { frame: text });
    expect(d.id).toBe("9007199254740993123");
    expect(problems.join()).toContain("d.name");
    expect((await run("decode_frame", { frame: '{"op":0,"t":"NEW_THING","d":{}}' })).event).toEqual({
      type: "NEW_THING",
      known: false,
    });
  });

  it("takes the token out of an identify frame", async () => {
    const frame = JSON.stringify({ op: 2, d: { token: "QQBot very-secret-token", intents: 1, shard: [0, 1] } });
    const output = await run("decode_frame", { frame });
    expect(output).toMatchObject({ name: "identify", from: "bot", d: { intents: 1 } });
    expect(JSON.stringify(output)).not.toContain("very-secret");
  });

  it.each(["[]", "{}", "{", '{"op":"0"}'])("refuses %s, which is no frame", async (frame) => {
    await expect(run("decode_frame", { frame })).rejects.toMatchObject({ name: "InputError", field: "frame" });
  });
});

describe("webhook signatures", () => {
  const secret = "fake-app-secret";

  it("are made as the platform makes them, and pass their own check", async () => {
    const body = '{"op":0,"d":{"content":"你好"}}';
    const { headers, public_key } = await run("sign_webhook", { body });
    const [signature, timestamp] = [headers["X-Signature-Ed25519"], headers["X-Signature-Timestamp"]];
    expect(signerOf(secret).verify(signature, timestamp, body)).toBe(true);
    expect(public_key).toBe(signerOf(secret).publicKey);
    expect(await run("verify_webhook", { body, signature, timestamp })).toEqual({ valid: true, fresh: true });
    expect(await run("verify_webhook", { body: `${body} `, signature, timestamp })).toMatchObject({ valid: false });
    expect(await run("verify_webhook", { body, signature: "00", timestamp })).toMatchObject({
      reason: "the signature is not 128 hex digits",
    });
  });

  it("say that an old signature is a repeat", async () => {
    const timestamp = "1600000000";
    const signature = signerOf(secret).sign(timestamp, "{}");
    expect(await run("verify_webhook", { body: "{}", signature, timestamp })).toMatchObject({
      valid: true,
      fresh: false,
      reason: expect.stringContaining("too far"),
    });
  });

  it("come with the answer to an address check", async () => {
    const d = { plain_token: "Arq0D5A61EgUu4OxUvOp", event_ts: "1725442341" };
    const { answer } = await run("sign_webhook", { body: JSON.stringify({ op: 13, d }) });
    expect(answer).toEqual({
      plain_token: d.plain_token,
      signature: signerOf(secret).sign(d.event_ts, d.plain_token),
    });
  });

  it("are made only for callers that may manage the bot", async () => {
    const caller = { grants: new Set(["read", "send"] as const) };
    await expect(run("sign_webhook", { body: "{}" }, { caller })).rejects.toMatchObject({ name: "PermissionError" });
  });
});

describe("check_message", () => {
  const target = { scene: "group", id: "G1" };

  it("shows what would be sent, and sends nothing", async () => {
    expect(await run("check_message", { message: { ...target, content: "hello" } })).toMatchObject({
      ...{ ok: true, problems: [], mode: "active", parts: [{ form: "text", text: "hello" }] },
      limits: { reply_window_s: 300, replies_per_message: 5 },
    });
  });

  it("lists every wrong field at once", async () => {
    const rows = Array.from({ length: 6 }, () => ({ buttons: [] }));
    const message = { scene: "group", id: "G1", content: "x", keyboard: { content: { rows } }, colour: "red" };
    const { ok, problems } = await run("check_message", { message });
    expect(ok).toBe(false);
    expect(problems.length).toBeGreaterThan(1);
  });

  it("finds what only the operation itself would refuse", async () => {
    const message = { ...target, file_info: "f", image_url: "https://example.com/a.png" };
    expect(await run("check_message", { message })).toMatchObject({
      ok: false,
      problems: [{ problem: expect.any(String) }],
    });
    expect(await run("check_message", { message: target })).toMatchObject({ ok: false });
  });

  it("checks the raw sends by their own rules", async () => {
    const operation = "send_group_message";
    expect(
      await run("check_message", { operation, message: { group_openid: "G", msg_type: 0, content: "x" } }),
    ).toMatchObject({
      ok: true,
    });
    const wrong = await run("check_message", { operation, message: { group_openid: "G", msg_type: "text" } });
    expect(wrong.problems.map((one: Loose) => one.field)).toContain("msg_type");
  });

  it("warns of words that the platform takes for links", async () => {
    const { notes } = await run("check_message", { message: { ...target, content: "see readme.md there" } });
    expect(notes[0]).toContain('"readme.md" counts as a link');
  });
});

describe("list_onboarding_checklist", () => {
  it("has the whole way, one step alone, and what is known to be done", async () => {
    const { steps } = await run("list_onboarding_checklist");
    expect(steps[0]).toMatchObject({ id: "register", done: true });
    expect(steps.at(-1)).not.toHaveProperty("done");
    expect((await run("list_onboarding_checklist", { step: "events" })).steps).toHaveLength(1);
  });
});
