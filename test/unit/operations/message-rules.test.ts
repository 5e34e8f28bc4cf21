import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/core/errors.ts";
import { findOperation } from "../../../src/operations/all.ts";
import { callOperation } from "../../../src/operations/call.ts";
import { sendMessage } from "../../../src/operations/message.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const places = {
  send_c2c_message: { user_openid: "U1" },
  send_group_message: { group_openid: "G1" },
  send_channel_message: { channel_id: "1" },
  send_dm_message: { guild_id: "1" },
} as const;
type Name = keyof typeof places;

async function send(name: Name, body: object) {
  const fake = fakeContext({ respond: () => ({ id: "m" }) });
  const operation = findOperation(name);
  if (!operation) throw new Error(`no operation ${name}`);
  const error = await callOperation(operation, fake.context, { ...places[name], ...body }).then(
    () => undefined,
    (thrown: unknown) => thrown as { field: string },
  );
  return { field: error?.field, sent: fake.requests[0]?.body };
}

const keyboard = { id: "tpl" };
const markdown = { content: "**x**" };
const media = { file_info: "f" };
const kv = [{ key: "#PROMPT#", value: "x" }];
const ark = { template_id: 37, kv };

describe("the raw sends refuse before the platform does", () => {
  it.each<[Name, object, string]>([
    ["send_group_message", { msg_type: 0 }, "content"],
    ["send_group_message", { msg_type: 0, content: " \n" }, "content"],
    ["send_group_message", { msg_type: 0, content: "x", markdown }, "markdown"],
    ["send_group_message", { msg_type: 2, markdown, content: "x" }, "content"],
    ["send_group_message", { msg_type: 2, markdown, ark }, "ark"],
    ["send_group_message", { msg_type: 2, content: "x" }, "markdown"],
    ["send_group_message", { msg_type: 7, content: "x" }, "media"],
    ["send_group_message", { msg_type: 7, media, keyboard }, "keyboard"],
    ["send_group_message", { msg_type: 3, content: "x" }, "ark"],
    ["send_group_message", { msg_type: 6 }, "msg_type"],
    ["send_group_message", { msg_type: 0, content: "x", msg_id: "m", event_id: "e" }, "event_id"],
    ["send_group_message", { msg_type: 0, content: "<qqbot-at-everyone />" }, "content"],
    ["send_group_message", { msg_type: 2, markdown: { content: '<qqbot-cmd-enter text="a" />' } }, "markdown"],
    ["send_c2c_message", { msg_type: 6 }, "input_notify"],
    ["send_c2c_message", { msg_type: 0, content: "x", is_wakeup: true, msg_id: "m" }, "is_wakeup"],
    ["send_channel_message", {}, "content"],
    ["send_channel_message", { markdown, content: "x" }, "content"],
    ["send_channel_message", { markdown, image: "https://x.com/a.png" }, "image"],
    ["send_channel_message", { content: "x", keyboard }, "keyboard"],
    ["send_channel_message", { image: "https://x.com/a.png", file_image: "/a.png" }, "file_image"],
    ["send_dm_message", { markdown, file_image: "/a.png" }, "file_image"],
    ["send_channel_message", { image: "http://10.0.0.1/a.png" }, "image"],
    ["send_channel_message", { ark: { template_id: 23, kv: [{ key: "#TITLE#", value: "x" }] } }, "ark.kv.0"],
    ["send_channel_message", { ark: { template_id: 37, kv: [...kv, ...kv] } }, "ark.kv.1"],
    ["send_channel_message", { ark: { template_id: 37, kv: [{ key: "#PROMPT#" }] } }, "ark.kv.0"],
    ["send_dm_message", { content: "<qqbot-at-everyone />" }, "content"],
  ])("%s %j: %s", async (name, body, field) => {
    expect(await send(name, body)).toEqual({ field, sent: undefined });
  });

  it.each<[Name, object]>([
    ["send_group_message", { msg_type: 0, content: "x", message_reference: { message_id: "REFIDX_1" } }],
    ["send_group_message", { msg_type: 2, markdown, content: "" }],
    ["send_group_message", { msg_type: 7, media, content: "caption" }],
    ["send_group_message", { msg_type: 3, ark }],
    ["send_c2c_message", { msg_type: 6, input_notify: { input_type: 1, input_second: 5 } }],
    ["send_channel_message", { content: "x", image: "https://x.com/a.png" }],
    ["send_channel_message", { embed: { title: "x", fields: [{ name: "a" }] } }],
    ["send_channel_message", { ark: { template_id: 12345, kv: [{ key: "#OWN#", value: "x" }] } }],
    ["send_channel_message", { markdown }],
  ])("%s takes %j as it is", async (name, body) => {
    expect((await send(name, body)).sent).toEqual(body);
  });
});

describe("a file_info that the platform refused", () => {
  it("is not given out again", async () => {
    const refusal = new ApiError("refused", {
      ...{ service: "bot", method: "POST", path: "/x" },
      status: 400,
      qqCode: 304080,
    });
    const { context, forgotten } = fakeContext({
      deliver: () => {
        throw refusal;
      },
    });
    const message = { scene: "group", id: "G1", file_info: "INFO" };
    await expect(callOperation(sendMessage, context, message)).rejects.toBe(refusal);
    expect(forgotten).toEqual(["INFO"]);
  });
});
