import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { callOperation } from "../../../src/operations/call.ts";
import { sendMessage } from "../../../src/operations/message.ts";
import { recallMessage } from "../../../src/operations/recall.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const place = { scene: "group", id: "G1" } as const;

describe("send_message", () => {
  it("hands one message to delivery and answers with what a next call needs", async () => {
    const { context, delivered, clock } = fakeContext({
      deliver: () => ({
        parts: [{ messageId: "m7", mode: "passive", status: "sent", msgSeq: 2, sentAt: 0, refIdx: "REFIDX_1" }],
        notes: ["sent as text: markdown was refused"],
      }),
    });
    const output = await callOperation(sendMessage, context, { ...place, content: "hi", msg_id: "ROBOT1.0_x" });
    expect(delivered).toEqual([
      {
        ...place,
        text: "hi",
        format: "auto",
        mayWait: true,
        replyTo: { msgId: "ROBOT1.0_x", receivedAt: clock.now() },
      },
    ]);
    expect(output).toEqual({
      outcome: "delivered",
      ...place,
      parts: [
        {
          message_id: "m7",
          status: "sent",
          mode: "passive",
          sent_at: "1970-01-01T00:00:00.000Z",
          msg_seq: 2,
          ref_idx: "REFIDX_1",
        },
      ],
      notes: ["sent as text: markdown was refused"],
    });
  });

  it("measures the reply window from when the message really came in", async () => {
    const fake = fakeContext();
    const received = fake.arrive({ type: "GROUP_AT_MESSAGE_CREATE", data: { id: "ROBOT1.0_x" } });
    await fake.clock.advance(120_000);
    await callOperation(sendMessage, fake.context, { ...place, content: "hi", msg_id: "ROBOT1.0_x" });
    await callOperation(sendMessage, fake.context, { ...place, content: "hi", event_id: received.id });
    expect(fake.delivered.map(({ replyTo }) => replyTo)).toEqual([
      { msgId: "ROBOT1.0_x", receivedAt: received.receivedAt },
      { eventId: received.id, receivedAt: received.receivedAt },
    ]);
  });

  it("answers the turn's own message without being told, but only in its own conversation", async () => {
    const replyTo = { msgId: "m1", receivedAt: 5 };
    const caller = { kind: "model", key: "turn-1", conversation: { ...place, replyTo } } as const;
    const { context, delivered } = fakeContext({ caller });
    await callOperation(sendMessage, context, { ...place, content: "hi" });
    await callOperation(sendMessage, context, { scene: "channel", id: "G1", content: "hi" });
    expect(delivered[0]).toMatchObject({ replyTo, key: "turn-1" });
    expect(delivered[1]).not.toHaveProperty("replyTo");
  });

  it.each([
    [["sent", "already_sent"], [], /^delivered$/],
    [["pending_review"], [], /^pending: nobody sees it/],
    [["unknown"], ["not known whether it arrived"], /^unknown: .*do not send it again; not known/],
    [["held"], ["held: the bot is not connected"], /^not delivered yet: .*given up at 2026-.*not connected/],
    [["sent", "failed"], ["part 2 of 2 was not sent"], /^1 of 2 parts delivered; the rest: not delivered; part 2/],
    [["cancelled"], [], /^not sent: .*recalled/],
    [["rejected"], [], /^not delivered: .*review/],
  ] as const)("tells in one line what became of %j", async (statuses, notes, line) => {
    const { context, clock } = fakeContext({
      deliver: () => ({
        parts: statuses.map((status) => ({
          ...{ mode: "passive", status, sentAt: clock.now() },
          ...(status === "held" ? { heldUntil: clock.now() } : {}),
        })),
        notes: [...notes],
      }),
    });
    const output = await callOperation(sendMessage, context, { ...place, content: "hi" });
    expect(output).toMatchObject({ outcome: expect.stringMatching(line) });
  });

  it("may be held only where somebody will hear the next message", async () => {
    for (const [kind, state, mayWait] of [
      ["assistant", "stopped", undefined],
      ["assistant", "failed", undefined],
      ["assistant", "live", true],
      ["model", "stopped", true],
    ] as const) {
      const { context, delivered } = fakeContext({ caller: { kind }, gateway: { state } });
      await callOperation(sendMessage, context, { ...place, content: "hi" });
      expect(delivered[0]?.mayWait).toBe(mayWait);
      expect(delivered[0]?.keepsLast).toBe(kind === "model" ? true : undefined);
    }
  });

  it.each([
    ["nothing to say", {}, "content"],
    ["white space only", { content: " \n " }, "content"],
    ["two pictures", { image_url: "https://x.com/a.png", file_info: "f" }, "file_info"],
    ["a picture in a private network", { image_url: "http://192.168.1.2/a.png" }, "image_url"],
    ["two replies", { content: "hi", msg_id: "m", event_id: "e" }, "event_id"],
    ["a picture that is no web address", { image_url: "file:///etc/passwd" }, "image_url"],
    ["text over the limit", { content: "字".repeat(15_001) }, "content"],
    ["an unknown scene", { content: "hi", scene: "qq" }, "scene"],
    ["an id with a path in it", { content: "hi", id: "../x" }, "id"],
    [
      "six rows of buttons",
      { content: "hi", keyboard: { content: { rows: Array(6).fill({ buttons: [] }) } } },
      "keyboard.content.rows",
    ],
    ["an unknown keyboard field", { content: "hi", keyboard: { rows: [] } }, "keyboard"],
  ])("refuses %s and sends nothing", async (_what, input, field) => {
    const { context, delivered } = fakeContext();
    const error = await callOperation(sendMessage, context, { ...place, ...input }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).field.startsWith(field)).toBe(true);
    expect(delivered).toEqual([]);
  });
});

describe("recall_message", () => {
  it.each([
    ["c2c", "/v2/users/P%2BQ/messages/m%2F1"],
    ["group", "/v2/groups/P%2BQ/messages/m%2F1"],
    ["channel", "/channels/P%2BQ/messages/m%2F1"],
    ["dms", "/dms/P%2BQ/messages/m%2F1"],
  ])("finds the call of %s and remembers the recall", async (scene, path) => {
    const { context, requests, recalled } = fakeContext();
    await callOperation(recallMessage, context, { scene, id: "P+Q", message_id: "m/1" });
    expect(requests).toEqual([expect.objectContaining({ method: "DELETE", path })]);
    expect(recalled).toEqual([`${scene}:P+Q m/1`]);
  });

  it("takes the bot's latest message there by default", async () => {
    const { context, requests } = fakeContext({ latest: { "group:G1": ["new", "old"], "group:G2": ["other"] } });
    expect(await callOperation(recallMessage, context, place)).toEqual({ ...place, recalled_message_id: "new" });
    expect(requests[0]?.path).toBe("/v2/groups/G1/messages/new");
  });

  it("says what is missing when it knows of none", async () => {
    const { context, requests } = fakeContext();
    await expect(callOperation(recallMessage, context, place)).rejects.toMatchObject({ field: "message_id" });
    expect(requests).toEqual([]);
  });

  it("does not mark a message whose recall was refused", async () => {
    const { context, recalled } = fakeContext({
      respond: () => {
        throw new InputError("x", "refused");
      },
    });
    await expect(callOperation(recallMessage, context, { ...place, message_id: "m" })).rejects.toThrow("refused");
    expect(recalled).toEqual([]);
  });
});
