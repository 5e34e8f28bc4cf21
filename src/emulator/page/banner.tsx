import { Icon } from "./icons.tsx";
import { words } from "./preferences.ts";
import { link } from "./state.ts";

/** Says that the page shows the past, and what to do about it. */
export function Banner() {
  const say = words.value;
  if (link.value !== "lost" && link.value !== "refused") return null;
  const isRefused = link.value === "refused";
  return (
    <div
      role="alert"
      class="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-warning/30 bg-warning/15 px-4 py-2 text-sm"
    >
      <Icon name="alert" class="size-4 text-warning" />
      <span>{isRefused ? say.refused : say.lost}</span>
      {!isRefused && <span class="text-base-content/70">{say.lostHint}</span>}
      <button type="button" class="btn btn-xs ms-auto" onClick={() => location.reload()}>
        {say.reload}
      </button>
    </div>
  );
}
