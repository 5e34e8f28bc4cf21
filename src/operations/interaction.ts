import { z } from "zod";
import { interactionId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";

export const ackInteraction = defineCall({
  name: "ack_interaction",
  title: "Acknowledge a click (回应互动)",
  summary:
    "Acknowledge a button or menu click (types 11, 12) within 3 s, once, or the person's client shows a failure.",
  toolset: "interaction",
  permission: "send",
  scope: "bot",
  listed: true,
  service: "bot",
  method: "PUT",
  path: "/interactions/{interaction_id}",
  input: z.strictObject({
    interaction_id: interactionId.describe("interaction_id of the event"),
    code: z
      .int()
      .min(0)
      .max(5)
      .default(0)
      .describe("0 ok, 1 failed, 2 too often, 3 repeated, 4 no permission, 5 admins only"),
  }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("message/trans/msg-btn"),
});
