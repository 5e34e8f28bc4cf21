import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { type Mentionable, wordAtCaret } from "./mention-text.ts";
import { peopleFor } from "./mentions.tsx";
import type { Conversation } from "./wire.ts";

interface Picking {
  chat: Conversation;
  draft: Signal<string>;
  input: RefObject<HTMLTextAreaElement | null>;
  /** The bot was picked: it is mentioned by the switch, not by a word. */
  onBot: () => void;
}

export interface MentionPicking {
  people: readonly Mentionable[];
  chosen: number;
  /** After the text or the caret moved. */
  look: () => void;
  close: () => void;
  pick: (person: Mentionable) => void;
  /** True when the key was for the list. */
  press: (key: string) => boolean;
}

/** The list of people behind an "@" that somebody is typing. */
export function useMentionPicking({ chat, draft, input, onBot }: Picking): MentionPicking {
  const word = useSignal<{ from: number; text: string } | undefined>(undefined);
  const chosen = useSignal(0);
  const isPublic = chat.scene === "group" || chat.scene === "channel";
  const people = word.value && isPublic ? peopleFor(chat, word.value.text) : [];
  const close = () => {
    word.value = undefined;
  };
  const look = () => {
    if (!input.current) return;
    const now = wordAtCaret(input.current.value, input.current.selectionStart);
    if (now?.text !== word.value?.text) chosen.value = 0;
    word.value = now;
  };
  const pick = (person: Mentionable) => {
    if (!word.value) return;
    const { from, text } = word.value;
    const after = draft.value.slice(from + 1 + text.length);
    draft.value = `${draft.value.slice(0, from)}${person.id === "bot" ? "" : `@${person.name} `}${after}`;
    if (person.id === "bot") onBot();
    close();
    input.current?.focus();
  };
  const press = (key: string) => {
    const person = people[chosen.value];
    if (!person) return false;
    if (key === "ArrowDown") chosen.value = (chosen.value + 1) % people.length;
    else if (key === "ArrowUp") chosen.value = (chosen.value + people.length - 1) % people.length;
    else if (key === "Enter" || key === "Tab") pick(person);
    else if (key === "Escape") close();
    else return false;
    return true;
  };
  return { people, chosen: chosen.value, look, close, pick, press };
}
