import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { messageId } from "../protocol/ids.ts";
import { recallC2cMessage } from "./c2c-message.ts";
import { recallChannelMessage } from "./channel-message.ts";
import { recallDmMessage } from "./dms.ts";
import { docsPage } from "./docs-page.ts";
import { recallGroupMessage } from "./group-message.ts";
import { defineAction } from "./operation.ts";
import { placeId, scene } from "./place.ts";

export const recallMessage = defineAction({
  name: "recall_message",
  title: "Recall a message (撤回消息)",
  summary: "Recall a message of the bot, by default its latest there. In c2c and group within 2 minutes.",
  toolset: "message",
  permission: "destroy",
  scope: { conversation: { scene: "scene", id: "id" } },
  listed: true,
  input: z.strictObject({
    scene,
    id: placeId,
    message_id: messageId.optional().describe("Default: the bot's latest"),
  }),
  output: z.looseObject({ scene: z.string(), id: z.string(), recalled_message_id: z.string() }),
  docs: docsPage("message/send-receive/reset"),
  choose(context, input) {
    const message_id = input.message_id ?? context.sent.latest({ scene: input.scene, id: input.id }, 1)[0]?.messageId;
    if (message_id === undefined) {
      throw new InputError("message_id", "no message of the bot is known there", {
        expected: "the id of the message",
        remedy: "Give message_id: only messages sent through this program are remembered.",
      });
    }
    return { ...input, message_id };
  },
  async run(context, { scene: where, id, message_id }, signal) {
    const [call, field] = recalls[where];
    await call.run(context, { [field]: id, message_id }, signal);
    return { scene: where, id, recalled_message_id: message_id };
  },
});

const recalls = {
  c2c: [recallC2cMessage, "user_openid"],
  group: [recallGroupMessage, "group_openid"],
  channel: [recallChannelMessage, "channel_id"],
  dms: [recallDmMessage, "guild_id"],
} as const;
