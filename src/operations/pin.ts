import { z } from "zod";
import { channelId, messageId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";

const pins = z.looseObject({
  guild_id: z.string().optional(),
  channel_id: z.string().optional(),
  message_ids: z.array(z.string()).nullish().describe("Pinned messages"),
});

export const listPins = defineCall({
  name: "list_pins",
  title: "Pinned messages (精华消息列表)",
  summary: "Ids of the messages that are pinned (精华消息) in a text channel.",
  toolset: "content",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/pins",
  input: z.strictObject({ channel_id: channelId }),
  output: pins,
  docs: docsPage("channel/content/pins/get_pins_message"),
});

export const pinMessage = defineCall({
  name: "pin_message",
  title: "Pin a message (添加精华消息)",
  summary: "Pin a message in a text channel, at most 20 there.",
  toolset: "content",
  permission: "manage",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/channels/{channel_id}/pins/{message_id}",
  input: z.strictObject({ channel_id: channelId, message_id: messageId }),
  output: pins,
  docs: docsPage("channel/content/pins/put_pins_message"),
});

export const unpinMessage = defineCall({
  name: "unpin_message",
  title: "Unpin a message (删除精华消息)",
  summary: "Take a message out of the pinned ones of a text channel; message_id all takes all out.",
  toolset: "content",
  permission: "destroy",
  undo: "pin_message pins it again.",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}/pins/{message_id}",
  input: z.strictObject({ channel_id: channelId, message_id: messageId.describe("Pinned message, or all") }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/pins/delete_pins_message"),
});
