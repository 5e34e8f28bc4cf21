import { z } from "zod";
import type { OutgoingMessageRow } from "../store/outgoing.ts";
import { docsPage } from "./docs-page.ts";
import { defineAction } from "./operation.ts";
import { describeSent, sentMessage } from "./sent-message.ts";
import { mayReadIn } from "./targets.ts";

export const listOutbox = defineAction({
  name: "list_outbox",
  title: "What was sent, waits, or was refused (发件箱)",
  summary:
    "The newest messages of this bot with what became of each part: delivered, pending review, refused (code, meaning), held until when; and what is left of the free replies.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({ limit: z.int().min(1).max(100).default(20).describe("Newest first") }),
  output: z.looseObject({ messages: z.array(sentMessage) }),
  docs: docsPage("message/send-receive/send"),
  async run(context, { limit }, signal) {
    const rows = context.outgoing.list(limit);
    const places = [...new Set(rows.map(({ conversation }) => conversation))];
    const allowed = await Promise.all(places.map((place) => mayReadIn(context, place, signal)));
    const isShown = ({ conversation }: OutgoingMessageRow) => allowed[places.indexOf(conversation)];
    return { messages: rows.filter(isShown).map((row) => describeSent(context, row)) };
  },
});
