import { Icon, type IconName } from "./icons.tsx";

interface LineProps {
  icon: IconName;
  label: string;
  note?: preact.ComponentChildren;
  look?: string;
  children?: preact.ComponentChildren;
}

/** One step in a turn's card. */
export function Line({ icon, label, note, look = "text-base-content/70", children }: LineProps) {
  return (
    <li class="flex gap-2.5">
      <span class={`mt-0.5 ${look}`}>
        <Icon name={icon} />
      </span>
      <div class="min-w-0 flex-1 space-y-1">
        <p class="flex flex-wrap items-baseline gap-x-2 text-xs">
          <span class={`font-medium ${look}`}>{label}</span>
          {note && <span class="ms-auto text-base-content/60 tabular-nums">{note}</span>}
        </p>
        {children}
      </div>
    </li>
  );
}
