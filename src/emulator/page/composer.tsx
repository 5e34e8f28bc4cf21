import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { draftOf } from "./drafts.ts";
import { Icon } from "./icons.tsx";
import { type MentionPicking, useMentionPicking } from "./mention-picking.ts";
import { withMentions } from "./mention-text.ts";
import { MentionPicker } from "./mentions.tsx";
import { personName, surroundings } from "./naming.ts";
import { send } from "./outbox.ts";
import { words } from "./preferences.ts";
import { info, me } from "./state.ts";
import type { Conversation } from "./wire.ts";

const tallestPx = 180;

/** Where I write; in public places with a switch that mentions the bot. */
export function Composer({ chat }: { chat: Conversation }) {
  const say = words.value;
  const input = useRef<HTMLTextAreaElement>(null);
  const draft = draftOf(chat);
  const isPublic = chat.scene === "group" || chat.scene === "channel";
  const isMention = useSignal(chat.scene === "channel");
  const onBot = () => {
    isMention.value = true;
  };
  const picking = useMentionPicking({ chat, draft, input, onBot });
  const submit = () => {
    const text = draft.value.trim();
    if (!text) return;
    draft.value = "";
    picking.close();
    const people = surroundings(chat).members.map((id) => ({ id, name: personName(id) }));
    const content = isPublic ? withMentions(text, people) : text;
    void send({ ...chat, as: me.value, content, ...(isPublic ? { mention: isMention.value } : {}) });
  };
  return (
    <form
      class="relative shrink-0 border-t border-base-300 bg-base-100 px-3 py-2.5 phone:px-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {picking.people.length > 0 && (
        <MentionPicker people={picking.people} chosen={picking.chosen} onPick={picking.pick} />
      )}
      <div class="mx-auto flex max-w-3xl items-end gap-2">
        {isPublic && <MentionSwitch isOn={isMention} onSwitch={() => input.current?.focus()} />}
        <TextInput input={input} draft={draft} picking={picking} onSubmit={submit} />
        <button type="submit" class="btn btn-primary" disabled={!draft.value.trim()} aria-label={say.send}>
          <Icon name="send" />
        </button>
      </div>
      <p id="composer-hint" class="mx-auto mt-1 max-w-3xl text-xs text-base-content/60 max-phone:hidden">
        {say.composeHint}
      </p>
    </form>
  );
}

function MentionSwitch({ isOn, onSwitch }: { isOn: Signal<boolean>; onSwitch: () => void }) {
  const say = words.value;
  return (
    <button
      type="button"
      class={`btn btn-sm mb-1 max-w-32 ${isOn.value ? "border-0 bg-primary/12 text-link" : "btn-ghost text-base-content/60"}`}
      aria-pressed={isOn.value}
      title={say.mentionHint}
      onClick={() => {
        isOn.value = !isOn.value;
        onSwitch();
      }}
    >
      <span class="truncate">{say.mentionBot(info.value?.bot.name || say.bot)}</span>
    </button>
  );
}

interface TextInputProps {
  input: RefObject<HTMLTextAreaElement | null>;
  draft: Signal<string>;
  picking: MentionPicking;
  onSubmit: () => void;
}

/** Grows with the text. Enter sends, except while an input method is composing. */
function TextInput({ input, draft, picking, onSubmit }: TextInputProps) {
  const say = words.value;
  useLayoutEffect(() => {
    if (!input.current) return;
    input.current.style.height = "auto";
    input.current.style.height = `${Math.min(input.current.scrollHeight, tallestPx)}px`;
  }, [draft.value, input]);
  const onKeyDown = (event: KeyboardEvent) => {
    // 229: some browsers report the Enter that ends a composition after the composition.
    if (event.isComposing || event.keyCode === 229) return;
    const isTaken = picking.press(event.key);
    if (!isTaken && (event.key !== "Enter" || event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!isTaken) onSubmit();
  };
  return (
    <textarea
      ref={input}
      id="composer"
      rows={1}
      class="textarea scroll-slim min-h-10 min-w-0 flex-1 resize-none text-[0.9375rem] leading-6 focus:border-primary focus:outline-2 focus:outline-offset-0 focus:outline-primary/40"
      placeholder={say.compose}
      aria-label={say.compose}
      aria-describedby="composer-hint"
      aria-autocomplete="list"
      value={draft.value}
      onInput={({ currentTarget }) => {
        draft.value = currentTarget.value;
        picking.look();
      }}
      onClick={picking.look}
      onKeyDown={onKeyDown}
      onBlur={picking.close}
    />
  );
}
