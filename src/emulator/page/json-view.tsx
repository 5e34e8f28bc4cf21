import { useSignal } from "@preact/signals";
import type { Json } from "../../core/json.ts";
import { Fold } from "./fold.tsx";
import { Icon } from "./icons.tsx";
import { words } from "./preferences.ts";

interface JsonViewProps {
  value: Json;
  label?: string;
  isOpen?: boolean;
}

/** Values this short need no unfolding. */
const inlineLength = 60;

/** A value as text: short ones on one line, long ones folded, with its first words as a hint. */
export function JsonView({ value, label, isOpen = false }: JsonViewProps) {
  const compact = JSON.stringify(value) ?? "";
  if (compact.length <= inlineLength) {
    return (
      <p class="flex gap-2 font-mono text-xs leading-5">
        {label && <span class="shrink-0 font-sans text-base-content/60">{label}</span>}
        <span class="min-w-0 wrap-anywhere">{compact}</span>
      </p>
    );
  }
  return (
    <Fold
      isOpen={isOpen}
      class="group/json text-xs"
      headClass="flex items-baseline gap-2 rounded-sm leading-5"
      head={
        <>
          <Icon
            name="chevron"
            class="size-3 translate-y-0.5 text-base-content/60 transition-transform group-open/json:rotate-90"
          />
          {label && <span class="shrink-0 text-base-content/60">{label}</span>}
          <span class="min-w-0 truncate font-mono group-open/json:invisible">{compact.slice(0, 200)}</span>
        </>
      }
    >
      {() => <Pretty value={value} />}
    </Fold>
  );
}

/** Longer texts are cut until somebody asks for the rest. */
const textLength = 4000;

function Pretty({ value }: { value: Json }) {
  const isWhole = useSignal(false);
  const text = JSON.stringify(value, null, 2) ?? "";
  const shown = isWhole.value ? text : text.slice(0, textLength);
  return (
    <div class="relative mt-1">
      <pre class="scroll-slim max-h-96 overflow-auto rounded-md bg-base-200 p-2 pe-8 font-mono leading-5 whitespace-pre-wrap wrap-anywhere">
        {paint(shown)}
      </pre>
      <button
        type="button"
        class="btn btn-ghost btn-xs btn-square absolute top-1 right-1"
        aria-label={words.value.copy}
        title={words.value.copy}
        onClick={() => navigator.clipboard.writeText(text)}
      >
        <Icon name="copy" class="size-3.5" />
      </button>
      {text.length > shown.length && (
        <button
          type="button"
          class="btn btn-ghost btn-xs mt-1"
          onClick={() => {
            isWhole.value = true;
          }}
        >
          {words.value.more(text.length - shown.length)}
        </button>
      )}
    </div>
  );
}

const token = /("(?:[^"\\]|\\.)*"(?:\s*:)?)|(-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)/g;

/** Names, texts and numbers in three colours. */
function paint(text: string) {
  const parts: preact.ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    const look = match[2] ? "text-accent" : match[0].endsWith(":") ? "text-info" : "text-success";
    parts.push(<span class={look}>{match[0]}</span>);
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}
