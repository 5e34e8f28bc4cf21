import { type Signal, signal } from "@preact/signals";
import { keyOf } from "./state.ts";
import type { Conversation } from "./wire.ts";

const drafts = new Map<string, Signal<string>>();

/** What was typed and not sent, kept while the page is open. */
export function draftOf(chat: Conversation): Signal<string> {
  const key = keyOf(chat);
  const draft = drafts.get(key) ?? signal("");
  drafts.set(key, draft);
  return draft;
}
