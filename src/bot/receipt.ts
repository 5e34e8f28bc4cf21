import type { DeliveryReport } from "../delivery/message.ts";
import type { HistoryEntry } from "./conversation.ts";

type Told = Omit<DeliveryReport, "conversation">;

const words: Readonly<Record<Told["outcome"], string>> = {
  held: "is not delivered yet",
  delivered: "was delivered late",
  unknown: "may have been delivered late, or not at all",
  approved: "passed the platform's review",
  rejected: "was rejected, nobody saw it",
  refused: "could not be delivered",
  cancelled: "was not sent",
  expired: "was given up, nobody saw it",
};

/** What became of a message, as the model reads it in the history: it must not claim what did not happen. */
export function noteOf({ key, outcome, text, note }: Told, at: number): HistoryEntry {
  const brief = [...text].slice(0, 80).join("").replaceAll('"', "'");
  return {
    key: `delivery:${key}:${outcome}`,
    role: "note",
    text: `your message ${brief ? `"${brief}" ` : ""}${words[outcome]}: ${note}`,
    at,
  };
}
