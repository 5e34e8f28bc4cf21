import { useSignal } from "@preact/signals";
import { type Problem, recall } from "./api.ts";
import { Avatar } from "./avatar.tsx";
import { Body } from "./body.tsx";
import { Icon } from "./icons.tsx";
import { Keyboard } from "./keyboard.tsx";
import { clockTime } from "./moments.ts";
import { personName } from "./naming.ts";
import { drop, type Outgoing, retry, untold } from "./outbox.ts";
import { words } from "./preferences.ts";
import { ProblemLine } from "./problem.tsx";
import { me } from "./state.ts";
import type { Conversation, Message, Reaction } from "./wire.ts";

/** One message: mine on the right, everybody else's on the left with a name. */
export function Bubble({ message, chat }: { message: Message; chat: Conversation }) {
  const isMine = message.from === me.value;
  const name = personName(message.from);
  const problem = useSignal<Problem | undefined>(undefined);
  return (
    <article class={`group/bubble flex items-start gap-2.5 ${isMine ? "flex-row-reverse" : ""}`} aria-label={name}>
      <Avatar of={message.from} name={name} />
      <div class={`flex max-w-[85%] min-w-0 flex-col gap-1 ${isMine ? "items-end" : "items-start"}`}>
        {!isMine && <span class="px-1 text-xs text-base-content/70">{name}</span>}
        <div class={`flex max-w-full items-end gap-1.5 ${isMine ? "flex-row-reverse" : ""}`}>
          <div class={bubbleLook(isMine)}>
            {message.quote && <Quote from={message.quote.from} content={message.quote.content} />}
            <Body message={message} chat={chat} />
          </div>
          {isMine && (
            <RecallButton
              onClick={async () => {
                const answer = await recall({ ...chat, as: me.value, message_id: message.id });
                problem.value = answer.ok ? undefined : answer.problem;
              }}
            />
          )}
        </div>
        <Keyboard message={message} chat={chat} />
        <Reactions list={message.reactions ?? []} />
        <Footer message={message} />
        {problem.value && <ProblemLine problem={problem.value} />}
      </div>
    </article>
  );
}

function bubbleLook(isMine: boolean): string {
  const shape = "min-w-0 max-w-full rounded-box px-3.5 py-2 leading-relaxed wrap-anywhere shadow-xs";
  return isMine
    ? `qq-mine bg-primary text-primary-content rounded-se-sm ${shape}`
    : `bg-base-100 rounded-ss-sm ${shape}`;
}

function RecallButton({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      class="btn btn-ghost btn-xs btn-square opacity-0 group-hover/bubble:opacity-100 focus-visible:opacity-100 [@media(hover:none)]:opacity-60"
      aria-label={words.value.recall}
      title={words.value.recall}
      onClick={onClick}
    >
      <Icon name="undo" class="size-3.5" />
    </button>
  );
}

function Quote({ from, content }: { from: string; content: string }) {
  return (
    <blockquote class="mb-1.5 line-clamp-2 rounded-md border-s-2 border-current/40 bg-current/8 px-2 py-1 text-sm">
      {personName(from)}: {content}
    </blockquote>
  );
}

/** Time, and how the bot was allowed to speak. */
function Footer({ message }: { message: Message }) {
  const say = words.value;
  const notes: { text: string; title: string }[] = [];
  if (message.mode === "passive") notes.push({ text: say.passive(message.msg_seq), title: say.passiveHint });
  if (message.mode === "active") notes.push({ text: say.active, title: say.activeHint });
  return (
    <p class="flex flex-wrap items-center gap-x-1.5 px-1 text-xs text-base-content/60">
      <time dateTime={new Date(message.at).toISOString()}>{clockTime(message.at)}</time>
      {notes.map(({ text, title }) => (
        <span key={text} title={title}>
          · {text}
        </span>
      ))}
      {untold.value.has(message.id) && <span class="text-warning">· {say.untold}</span>}
    </p>
  );
}

/** QQ's own faces have numbers and no free pictures; emoji are shown as they are. */
function Reactions({ list }: { list: readonly Reaction[] }) {
  if (list.length === 0) return null;
  return (
    <ul class="flex flex-wrap gap-1">
      {list.map(({ type, id, from }) => (
        <li
          key={`${type} ${id}`}
          class="rounded-full border border-base-300 bg-base-100 px-2 text-sm"
          title={from.map(personName).join(", ")}
        >
          {type === 2 ? emoji(id) : `[${id}]`} <span class="text-xs tabular-nums">{from.length}</span>
        </li>
      ))}
    </ul>
  );
}

function emoji(id: string): string {
  const point = Number(id);
  return Number.isInteger(point) && point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : id;
}

/** My message before the platform has it, or after it refused it. */
export function WaitingBubble({ entry }: { entry: Outgoing }) {
  const say = words.value;
  const { message, problem } = entry;
  const row: Message = { ...message, id: "", from: message.as, at: entry.at, kind: "text" };
  return (
    <article class="flex flex-row-reverse items-start gap-2.5">
      <Avatar of={message.as} name={personName(message.as)} />
      <div class="flex max-w-[85%] min-w-0 flex-col items-end gap-1">
        <div class={`${bubbleLook(true)} ${problem ? "opacity-60" : "opacity-80"}`}>
          <Body message={row} chat={message} />
        </div>
        {problem ? (
          <div class="flex flex-wrap items-center justify-end gap-2">
            <ProblemLine problem={problem} />
            <button type="button" class="btn btn-xs" onClick={() => retry(entry)}>
              {say.retry}
            </button>
            <button type="button" class="btn btn-ghost btn-xs" onClick={() => drop(entry)}>
              {say.discard}
            </button>
          </div>
        ) : (
          <p class="flex items-center gap-1.5 px-1 text-xs text-base-content/60">
            <span class="loading loading-spinner loading-xs" aria-hidden="true" />
            {say.sending}
          </p>
        )}
      </div>
    </article>
  );
}
