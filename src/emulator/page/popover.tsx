import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface PopoverProps {
  label: string;
  face: ComponentChildren;
  isMarked?: boolean;
  /** Which edge of the button the card keeps to. */
  side?: "start" | "end";
  look?: string;
  children: (close: () => void) => ComponentChildren;
}

/** A button of the header with a small card below it; Escape, a click elsewhere and leaving it by Tab close it. */
export function Popover({
  label,
  face,
  isMarked = false,
  side = "end",
  look = "btn btn-ghost btn-sm px-1.5 phone:px-2",
  children,
}: PopoverProps) {
  const isOpen = useSignal(false);
  const close = () => {
    isOpen.value = false;
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what bubbles up from its button and card
    <div
      class="relative min-w-0"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) close();
      }}
    >
      <button
        type="button"
        class={`${look} ${isMarked ? "text-warning" : ""}`}
        aria-label={label}
        title={label}
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        {face}
      </button>
      {isOpen.value && (
        <div
          role="dialog"
          aria-label={label}
          tabIndex={-1}
          class={`fixed inset-x-3 top-15 z-40 rounded-box border border-base-300 bg-base-100 p-4 text-sm shadow-xl phone:absolute phone:inset-x-auto phone:top-10 ${side === "end" ? "phone:right-0 phone:w-64" : "phone:left-0 phone:w-96"}`}
        >
          {children(close)}
        </div>
      )}
    </div>
  );
}
