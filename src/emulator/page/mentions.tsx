import { Avatar } from "./avatar.tsx";
import type { Mentionable } from "./mention-text.ts";
import { personName, surroundings } from "./naming.ts";
import { words } from "./preferences.ts";
import { me } from "./state.ts";
import type { Conversation } from "./wire.ts";

/** The bot first, then everybody else in the conversation whose name goes with what was typed after "@". */
export function peopleFor(chat: Conversation, typed: string): Mentionable[] {
  const people = ["bot", ...surroundings(chat).members.filter((id) => id !== me.value)];
  const wanted = typed.toLowerCase();
  return people
    .map((id) => ({ id, name: personName(id) }))
    .filter(({ id, name }) => name.toLowerCase().includes(wanted) || id.startsWith(wanted));
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
