import { Icon, type IconName } from "./icons.tsx";
import { world } from "./state.ts";

/** Fixed classes, so that the style sheet has them all. */
const colours = ["bg-rose-600", "bg-violet-600", "bg-teal-700", "bg-amber-700", "bg-sky-700", "bg-fuchsia-700"];
const sizes = { small: "size-7 text-xs", middle: "size-9 text-sm" };

interface AvatarProps {
  /** "bot" or a user id. */
  of: string;
  name: string;
  size?: keyof typeof sizes;
}

/** A round letter, coloured by the person's place in the world; the bot has its own sign. */
export function Avatar({ of, name, size = "middle" }: AvatarProps) {
  if (of === "bot") {
    return (
      <span class={`grid shrink-0 place-items-center rounded-full bg-primary text-primary-content ${sizes[size]}`}>
        <BotFace />
      </span>
    );
  }
  const place = (world.value?.users ?? []).findIndex(({ id }) => id === of);
  const colour = colours[Math.max(0, place) % colours.length];
  return (
    <span
      class={`grid shrink-0 place-items-center rounded-full font-medium text-white ${colour} ${sizes[size]}`}
      aria-hidden="true"
    >
      {[...name].at(-1) ?? "?"}
    </span>
  );
}

/** For chats that are not a person. */
export function PlaceSign({ icon }: { icon: IconName }) {
  return (
    <span class="grid size-9 shrink-0 place-items-center rounded-xl bg-base-300 text-base-content/70">
      <Icon name={icon} class="size-4.5" />
    </span>
  );
}

function BotFace() {
  return (
    <svg viewBox="0 0 24 24" class="size-3/5" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
      <rect x="4" y="8" width="16" height="11" rx="4" />
      <path d="M12 8V4.5" stroke-linecap="round" />
      <circle cx="9" cy="13.5" r="1.4" fill="currentColor" stroke="none" />
      <circle cx="15" cy="13.5" r="1.4" fill="currentColor" stroke="none" />
    </svg>
  );
}
