import { Avatar } from "./avatar.tsx";
import { personName, surroundings } from "./naming.ts";
import { words } from "./preferences.ts";
import { me } from "./state.ts";
import type { Conversation } from "./wire.ts";

export interface Mentionable {
  /** "bot" or a user id. */
  id: string;
  name: string;
}

/** The bot first, then everybody else in the conversation whose name goes with what was typed after "@". */
export function peopleFor(chat: Conversation, typed: string): Mentionable[] {
  const people = ["bot", ...surroundings(chat).members.filter((id) => id !== me.value)];
  const wanted = typed.toLowerCase();
  return people
    .map((id) => ({ id, name: personName(id) }))
    .filter(({ id, name }) => name.toLowerCase().includes(wanted) || id.startsWith(wanted));
}

/** The "@word" in which the caret stands; `from` is the place of the "@". */
export function wordAtCaret(text: string, caret: number): { from: number; text: string } | undefined {
  const match = /(?:^|\s)@([^\s@]{0,20})$/u.exec(text.slice(0, caret));
  return match ? { from: caret - (match[1]?.length ?? 0) - 1, text: match[1] ?? "" } : undefined;
}

/** Names of people in the conversation become real mentions, which the platform knows by user id. */
export function withMentions(text: string, members: readonly string[]): string {
  const people = members.map((id) => ({ id, name: personName(id) })).sort((a, b) => b.name.length - a.name.length);
  return people.reduce((result, { id, name }) => result.replaceAll(`@${name}`, `<@${id}>`), text);
}

interface MentionPickerProps {
  people: readonly Mentionable[];
  chosen: number;
  onPick: (person: Mentionable) => void;
}

export function MentionPicker({ people, chosen, onPick }: MentionPickerProps) {
  return (
    <div
      role="listbox"
      aria-label={words.value.people}
      class="scroll-slim absolute bottom-full left-3 z-10 mb-1 max-h-56 w-56 overflow-y-auto rounded-box border border-base-300 bg-base-100 p-1 shadow-lg"
    >
      {people.map((person, at) => (
        <div
          key={person.id}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          class={`flex cursor-pointer items-center gap-2 rounded-field px-2 py-1.5 text-sm ${at === chosen ? "bg-primary/12" : "hover:bg-base-200"}`}
          // The press must not take the focus from the input, which would close the list.
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(person);
          }}
        >
          <Avatar of={person.id} name={person.name} size="small" />
          <span class="truncate">{person.name}</span>
        </div>
      ))}
    </div>
  );
}
