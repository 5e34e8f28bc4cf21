import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TracedMessage, TracedStatus } from "../../protocol/trace.ts";
import { Line } from "./line.tsx";
import { countdown, dayTime } from "./moments.ts";
import { words } from "./preferences.ts";

const looks: Record<TracedStatus, string> = {
  delivered: "text-success",
  pending_review: "text-warning",
  rejected: "text-error",
  refused: "text-error",
  unknown: "text-warning",
  open: "text-base-content/70",
  held: "text-warning",
  cancelled: "text-base-content/70",
  expired: "text-error",
};

/** What became of everything that the turn sent, and what is left of the free replies. */
export function SentMessages({ messages }: { messages: readonly TracedMessage[] }) {
  const budget = messages.findLast((message) => message.budget)?.budget;
  return (
    <Line icon="mail" label={words.value.delivery} note={budget && <Budget {...budget} />}>
      {messages.map((message) => (
        <Sent key={message.key} message={message} isNamed={messages.length > 1} />
      ))}
    </Line>
  );
}

/** `isNamed`: by its beginning, where there are several. */
function Sent({ message, isNamed }: { message: TracedMessage; isNamed: boolean }) {
  const say = words.value;
  const { status, text, parts, planned, heldUntil, note } = message;
  const unsent = planned - parts.length;
  const isSettled = status === "held" || status === "cancelled" || status === "expired";
  return (
    <div class={`space-y-0.5 text-xs ${isNamed ? "pt-1" : ""}`}>
      {isNamed && <p class="truncate text-base-content/80">{text}</p>}
      {parts.map(({ name, status: state, code, meaning }) => (
        <State key={name} status={state} name={planned > 1 ? say.part(name) : ""}>
          {code !== undefined && `${code} ${meaning ?? ""}`}
        </State>
      ))}
      {isSettled && (
        <State status={status}>{heldUntil !== undefined && say.heldUntil(dayTime(heldUntil, Date.now()))}</State>
      )}
      {unsent > 0 && (planned > 1 || !isSettled) && <p class="text-base-content/70">{say.unsent(unsent)}</p>}
      {note && <p class="text-base-content/70 wrap-anywhere">{note}</p>}
    </div>
  );
}

interface StateProps {
  status: TracedStatus;
  name?: string;
  children?: preact.ComponentChildren;
}

function State({ status, name, children }: StateProps) {
  return (
    <p class="flex flex-wrap items-baseline gap-x-2">
      {name && <span class="text-base-content/70 tabular-nums">{name}</span>}
      <span class={`font-medium ${looks[status]}`}>{words.value.deliveries[status]}</span>
      {children && <span class="min-w-0 text-base-content/70 wrap-anywhere">{children}</span>}
    </p>
  );
}

/** Counts down while the window is open. */
function Budget({ used, max, endsAt }: NonNullable<TracedMessage["budget"]>) {
  const say = words.value;
  const now = useSignal(Date.now());
  const leftMs = endsAt - now.value;
  const isOpen = leftMs > 0;
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, [isOpen, now]);
  return <>{`${say.replyBudget(used, max)} · ${isOpen ? say.timeLeft(countdown(leftMs)) : say.windowOver}`}</>;
}
