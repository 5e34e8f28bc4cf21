import { useSignal } from "@preact/signals";
import { activity } from "./activity.ts";
import { Avatar } from "./avatar.tsx";
import { Bubble, WaitingBubble } from "./bubble.tsx";
import { dayTime } from "./moments.ts";
import { personName } from "./naming.ts";
import { waiting } from "./outbox.ts";
import { words } from "./preferences.ts";
import { Starters } from "./starters.tsx";
import { clockOffsetMs, here, me, thread } from "./state.ts";
import type { Message } from "./wire.ts";

/** Messages further apart get a line with the time between them. */
const pauseMs = 5 * 60_000;
/** Drawn at first, and added by "earlier": enough to scroll, few enough to draw at once. */
const portion = 100;

/** All messages of the open conversation, oldest first. */
export function Thread() {
  const shown = useSignal(portion);
  const all = thread.value.filter((message) => message.kind !== "typing");
  const messages = all.slice(-shown.value);
  if (all.length === 0 && waiting.value.length === 0 && !activity.value) return <Starters />;
  return (
    <ol class="mt-auto space-y-3" aria-live="polite" aria-relevant="additions">
      {all.length > messages.length && (
        <li class="text-center">
          <button
            type="button"
            class="btn btn-ghost btn-xs"
            onClick={() => {
              shown.value += portion;
            }}
          >
            {words.value.earlier}
          </button>
        </li>
      )}
      {messages.map((message, at) => (
        <li key={message.id} class="space-y-3">
          <Pause before={messages[at - 1]} message={message} />
          <Entry message={message} />
        </li>
      ))}
      {waiting.value.map((entry) => (
        <li key={entry.key}>
          <WaitingBubble entry={entry} />
        </li>
      ))}
      {activity.value && (
        <li class="flex items-center gap-2.5">
          <Avatar of="bot" name="" />
          <span class="flex items-center gap-2 rounded-box bg-base-100 px-3.5 py-2 text-sm text-base-content/70 shadow-xs">
            <span class="loading loading-dots loading-xs" aria-hidden="true" />
            {activity.value}
          </span>
        </li>
      )}
    </ol>
  );
}

function Pause({ before, message }: { before: Message | undefined; message: Message }) {
  if (before && message.at - before.at < pauseMs) return null;
  return (
    <div class="pt-1 text-center text-xs text-base-content/60">
      <time dateTime={new Date(message.at).toISOString()}>{dayTime(message.at, Date.now() + clockOffsetMs.value)}</time>
    </div>
  );
}

function Entry({ message }: { message: Message }) {
  if (!message.recalled) return here.value ? <Bubble message={message} chat={here.value} /> : null;
  const notice =
    message.from === me.value ? words.value.recalledMine : words.value.recalledBy(personName(message.from));
  return <p class="text-center text-xs text-base-content/60">{notice}</p>;
}
