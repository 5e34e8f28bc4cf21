import { parseConversationKey } from "./conversation-key.ts";
import { Fold } from "./fold.tsx";
import { Icon } from "./icons.tsx";
import { JsonView } from "./json-view.tsx";
import { Line } from "./line.tsx";
import { clockTime, duration } from "./moments.ts";
import { surroundings } from "./naming.ts";
import { words } from "./preferences.ts";
import { RestCall } from "./rest-call.tsx";
import { SentMessages } from "./sent-messages.tsx";
import type { Step, Turn } from "./turns.ts";

interface TurnCardProps {
  turn: Turn;
  /** At first; the person may fold and unfold it. */
  isOpen: boolean;
  /** Names the conversation, where cards of several are mixed. */
  showPlace: boolean;
}

const stateLook = {
  running: "badge-info",
  replied: "badge-success",
  ignored: "badge-ghost",
  failed: "badge-error",
} as const;

/** One event and everything it set off, as a line of steps. */
export function TurnCard({ turn, isOpen, showPlace }: TurnCardProps) {
  const say = words.value;
  const place = parseConversationKey(turn.conversation);
  const facts = [
    ...(showPlace && place ? [surroundings(place).name] : []),
    clockTime(turn.startedAt),
    ...(turn.state === "running" ? [] : [duration(turn.endedAt - turn.startedAt)]),
    ...(turn.tokens > 0 ? [say.tokens(turn.tokens)] : []),
    ...(turn.cost ? [say.cost(turn.cost)] : []),
  ];
  return (
    <Fold
      isOpen={isOpen}
      class="group/turn rounded-box border border-base-300 bg-base-100"
      headClass="flex items-center gap-2 rounded-box px-3 py-2 hover:bg-base-200/60"
      head={
        <>
          <Icon name="chevron" class="size-3 transition-transform group-open/turn:rotate-90" />
          <span class="min-w-0 flex-1">
            <span class="block truncate text-sm">{turn.event?.summary || turn.event?.type || turn.id}</span>
            <span class="block truncate text-xs text-base-content/70 tabular-nums">{facts.join(" · ")}</span>
          </span>
          <span class={`badge badge-sm badge-soft ${stateLook[turn.state]}`}>
            {turn.state === "running" && <span class="loading loading-spinner size-3" aria-hidden="true" />}
            {say.states[turn.state]}
          </span>
        </>
      }
    >
      {() => (
        <ol class="space-y-2.5 border-t border-base-300 px-3 py-2.5">
          {turn.event && (
            <Line icon="bolt" label={say.steps.event}>
              <code class="font-mono text-xs wrap-anywhere">{turn.event.type}</code>
            </Line>
          )}
          {turn.steps.map((step, at) => (
            <StepLine key={at} step={step} isSaid={isReplied(turn, step)} isRunning={turn.state === "running"} />
          ))}
          {turn.sent.length > 0 && <SentMessages messages={turn.sent} />}
        </ol>
      )}
    </Fold>
  );
}

/** A closing text is the reply, which is a step of its own. */
function isReplied(turn: Turn, step: Step): boolean {
  return turn.steps.some(
    (other) => other.kind === "reply" && step.kind === "model" && other.reply.text === step.reply?.text,
  );
}

interface StepProps<S extends Step = Step> {
  step: S;
  isSaid: boolean;
  /** The turn goes on: what has no result yet will get one. */
  isRunning: boolean;
}

function StepLine({ step, isSaid, isRunning }: StepProps) {
  const say = words.value;
  switch (step.kind) {
    case "model":
      return <ModelStep step={step} isSaid={isSaid} isRunning={isRunning} />;
    case "tool":
      return <ToolStep step={step} isSaid={isSaid} isRunning={isRunning} />;
    case "rest":
      return (
        <Line icon="globe" label={say.steps.rest}>
          <RestCall frame={step.frame} />
        </Line>
      );
    case "reply":
      return (
        <Line icon="reply" label={say.steps.reply} look="text-success">
          <p class="line-clamp-4 text-sm whitespace-pre-wrap wrap-anywhere">{step.reply.text}</p>
          {step.reply.notes.map((note) => (
            <p key={note} class="text-xs text-base-content/70 wrap-anywhere">
              {note}
            </p>
          ))}
        </Line>
      );
    case "decided":
      return (
        <Line icon="bolt" label={say.steps.decided}>
          <p class="text-sm text-base-content/80 wrap-anywhere">{step.what}</p>
        </Line>
      );
    case "ignored":
      return (
        <Line icon="mute" label={say.steps.ignored}>
          <p class="text-sm text-base-content/80 wrap-anywhere">{step.reason}</p>
        </Line>
      );
    case "failed":
      return (
        <Line icon="alert" label={say.steps.failed} look="text-error">
          <p class="text-sm wrap-anywhere">{step.error}</p>
        </Line>
      );
  }
}

function ModelStep({ step, isSaid, isRunning }: StepProps<Extract<Step, { kind: "model" }>>) {
  const say = words.value;
  const { call, reply } = step;
  const asked = reply?.toolCalls.map(({ name }) => name) ?? [];
  return (
    <Line
      icon="spark"
      label={`${say.steps.model} ${call.model}`}
      look="text-accent"
      {...(reply ? { note: duration(reply.tookMs) } : {})}
    >
      <Fold
        class="text-xs text-base-content/70"
        headClass="underline decoration-dotted underline-offset-2"
        head={say.modelCall(call.messages, call.tools.length)}
      >
        {() => <p class="pt-1 font-mono leading-relaxed wrap-anywhere">{call.tools.join(", ")}</p>}
      </Fold>
      {asked.length > 0 && <p class="text-sm">{say.wantsTools(asked.join(", "))}</p>}
      {reply?.text && !isSaid && <p class="line-clamp-3 text-sm whitespace-pre-wrap wrap-anywhere">{reply.text}</p>}
      {!reply && isRunning && <Dots />}
    </Line>
  );
}

function ToolStep({ step, isRunning }: StepProps<Extract<Step, { kind: "tool" }>>) {
  const say = words.value;
  const { call, result, rest } = step;
  const isBad = result?.ok === false;
  return (
    <Line
      icon="wrench"
      label={`${say.steps.tool} ${call.name}`}
      look={isBad ? "text-error" : "text-info"}
      {...(result ? { note: duration(result.tookMs) } : {})}
    >
      <JsonView label={say.input} value={call.input} />
      {rest.map((frame) => (
        <RestCall key={frame.n} frame={frame} />
      ))}
      {result && <JsonView label={isBad ? say.states.failed : say.output} value={result.output} />}
      {!result && isRunning && <Dots />}
    </Line>
  );
}

function Dots() {
  return <span class="loading loading-dots loading-xs" aria-hidden="true" />;
}
