import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { draftOf } from "./drafts.ts";
import { Icon } from "./icons.tsx";
import { type Mentionable, withMentions, wordAtCaret } from "./mention-text.ts";
import { MentionPicker, peopleFor } from "./mentions.tsx";
import { personName, surroundings } from "./naming.ts";
import { send } from "./outbox.ts";
import { words } from "./preferences.ts";
import { info, me } from "./state.ts";
import type { Conversation } from "./wire.ts";

const tallestPx = 180;

/** Where I write. Enter sends, except while an input method is composing; "@" offers people. */
export function Composer({ chat }: { chat: Conversation }) {
  const say = words.value;
  const input = useRef<HTMLTextAreaElement>(null);
  const draft = draftOf(chat);
  const isPublic = chat.scene === "group" || chat.scene === "channel";
  const isMention = useSignal(chat.scene === "channel");
  const picking = useSignal<{ from: number; text: string } | undefined>(undefined);
  const chosen = useSignal(0);
  const botName = info.value?.bot.name || say.bot;
  const offered = picking.value && isPublic ? peopleFor(chat, picking.value.text) : [];

  // Grows with the text.
  useLayoutEffect(() => {
    if (!input.current) return;
    input.current.style.height = "auto";
    input.current.style.height = `${Math.min(input.current.scrollHeight, tallestPx)}px`;
  }, [draft.value]);

  const submit = () => {
    const text = draft.value.trim();
    if (!text) return;
    draft.value = "";
    picking.value = undefined;
    const people = surroundings(chat).members.map((id) => ({ id, name: personName(id) }));
    const content = isPublic ? withMentions(text, people) : text;
    void send({ ...chat, as: me.value, content, ...(isPublic ? { mention: isMention.value } : {}) });
  };
  const look = () => {
    if (!input.current) return;
    const word = wordAtCaret(input.current.value, input.current.selectionStart);
    if (word?.text !== picking.value?.text) chosen.value = 0;
    picking.value = word;
  };
  const pick = (person: Mentionable) => {
    const { from, text } = picking.value ?? { from: 0, text: "" };
    const after = draft.value.slice(from + 1 + text.length);
    const word = person.id === "bot" ? "" : `@${person.name} `;
    if (person.id === "bot") isMention.value = true;
    draft.value = `${draft.value.slice(0, from)}${word}${after}`;
    picking.value = undefined;
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // 229: some browsers report the Enter that ends a composition after the composition.
    if (event.isComposing || event.keyCode === 229) return;
    const person = offered[chosen.value];
    if (person && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : offered.length - 1;
      chosen.value = (chosen.value + step) % offered.length;
    } else if (person && (event.key === "Enter" || event.key === "Tab")) pick(person);
    else if (person && event.key === "Escape") picking.value = undefined;
    else if (event.key === "Enter" && !event.shiftKey) submit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <form
      class="relative shrink-0 border-t border-base-300 bg-base-100 px-3 py-2.5 phone:px-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {offered.length > 0 && <MentionPicker people={offered} chosen={chosen.value} onPick={pick} />}
      <div class="mx-auto flex max-w-3xl items-end gap-2">
        {isPublic && (
          <button
            type="button"
            class={`btn btn-sm mb-1 max-w-32 ${isMention.value ? "border-0 bg-primary/12 text-link" : "btn-ghost text-base-content/60"}`}
            aria-pressed={isMention.value}
            title={say.mentionHint}
            onClick={() => {
              isMention.value = !isMention.value;
              input.current?.focus();
            }}
          >
            <span class="truncate">{say.mentionBot(botName)}</span>
          </button>
        )}
        <textarea
          ref={input}
          id="composer"
          rows={1}
          class="textarea scroll-slim focus:border-primary focus:outline-2 focus:outline-offset-0 focus:outline-primary/40 min-h-10 min-w-0 flex-1 resize-none text-[0.9375rem] leading-6"
          placeholder={say.compose}
          aria-label={say.compose}
          aria-describedby="composer-hint"
          aria-autocomplete="list"
          value={draft.value}
          onInput={({ currentTarget }) => {
            draft.value = currentTarget.value;
            look();
          }}
          onClick={look}
          onKeyDown={onKeyDown}
          onBlur={() => {
            picking.value = undefined;
          }}
        />
        <button type="submit" class="btn btn-primary mb-0" disabled={!draft.value.trim()} aria-label={say.send}>
          <Icon name="send" />
        </button>
      </div>
      <p id="composer-hint" class="mx-auto mt-1 max-w-3xl text-xs text-base-content/60 max-phone:hidden">
        {say.composeHint}
      </p>
    </form>
  );
}
