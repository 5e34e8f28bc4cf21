import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface FoldProps {
  head: ComponentChildren;
  /** Made when it is opened for the first time: most are never looked into. */
  children: () => ComponentChildren;
  isOpen?: boolean;
  class?: string;
  headClass?: string;
}

/** Something that opens below its head. Afterwards only the person opens and closes it. */
export function Fold({ head, children, isOpen = false, class: look = "", headClass = "" }: FoldProps) {
  const isShown = useSignal(isOpen);
  return (
    <details
      open={isShown.value}
      class={look}
      onToggle={({ currentTarget }) => {
        isShown.value = currentTarget.open;
      }}
    >
      <summary class={`cursor-pointer list-none ${headClass}`}>{head}</summary>
      {isShown.value && children()}
    </details>
  );
}
