import { useSignal } from "@preact/signals";
import { withCalls } from "./calls.ts";
import { useFollowEnd } from "./follow-end.ts";
import { words } from "./preferences.ts";
import { frames, here, keyOf, turns } from "./state.ts";
import { TurnCard } from "./turn-card.tsx";

/** Cards that are drawn: older turns are on the wire. */
const shownTurns = 40;
/** The newest cards are open. */
const openTurns = 2;

/** Newest last, kept in view unless somebody scrolled up. */
export function Turns() {
  const say = words.value;
  const isHereOnly = useSignal(true);
  const { box, content, onScroll } = useFollowEnd();
  const key = here.value ? keyOf(here.value) : "";
  const shown = turns.value.filter((turn) => !isHereOnly.value || turn.conversation === key).slice(-shownTurns);
  const list = withCalls({ shown, all: turns.value, frames: frames.value });
  return (
    <div class="flex h-full flex-col">
      <label class="flex cursor-pointer items-center gap-2 px-3 py-2 text-xs text-base-content/80">
        <input
          type="checkbox"
          class="toggle toggle-xs toggle-primary"
          checked={isHereOnly.value}
          onChange={({ currentTarget }) => {
            isHereOnly.value = currentTarget.checked;
          }}
        />
        {say.onlyHere}
      </label>
      <div ref={box} class="scroll-slim min-h-0 flex-1 overflow-y-auto px-3 pb-3" onScroll={onScroll}>
        <div ref={content} class="space-y-3">
          {list.length === 0 && <p class="py-8 text-center text-sm text-base-content/70">{say.noTurns}</p>}
          {list.map((turn, at) => (
            <TurnCard key={turn.id} turn={turn} isOpen={at >= list.length - openTurns} showPlace={!isHereOnly.value} />
          ))}
        </div>
      </div>
    </div>
  );
}
