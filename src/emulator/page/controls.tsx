import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { advanceClock, reset } from "./api.ts";
import { Icon } from "./icons.tsx";
import { dayTime, span } from "./moments.ts";
import { Popover } from "./popover.tsx";
import { words } from "./preferences.ts";
import { clockOffsetMs } from "./state.ts";

const minuteMs = 60_000;

/** Moves the platform's time forward, and shows it when it is not the time on the wall. */
export function ClockMenu() {
  const say = words.value;
  const isMoved = clockOffsetMs.value > 0;
  const now = useNow(isMoved);
  const platformNow = now + clockOffsetMs.value;
  const time = dayTime(platformNow, now);
  const title = isMoved ? say.platformTime(time, span(clockOffsetMs.value)) : say.clock;
  return (
    <Popover
      label={title}
      face={
        <>
          <Icon name="clock" />
          {isMoved && <span class="text-xs tabular-nums max-phone:hidden">{time}</span>}
        </>
      }
      isMarked={isMoved}
    >
      {(close) => (
        <>
          <p class="mb-1 font-medium">{title}</p>
          <p class="mb-3 text-xs text-base-content/70">{say.clockNote}</p>
          <div class="flex gap-2">
            {([5 * minuteMs, 60 * minuteMs] as const).map((ms) => (
              <button
                key={ms}
                type="button"
                class="btn btn-sm flex-1"
                onClick={async () => {
                  await advanceClock(ms);
                  close();
                }}
              >
                {ms === 5 * minuteMs ? say.forward.minutes : say.forward.hour}
              </button>
            ))}
          </div>
        </>
      )}
    </Popover>
  );
}

/** Asks once, because everything said is gone afterwards. */
export function ResetButton() {
  const say = words.value;
  return (
    <Popover label={say.reset} face={<Icon name="reset" />}>
      {(close) => (
        <>
          <p class="mb-3">{say.resetAsk}</p>
          <div class="flex gap-2">
            <button
              type="button"
              class="btn btn-error btn-sm flex-1"
              onClick={async () => {
                await reset();
                close();
              }}
            >
              {say.resetYes}
            </button>
            <button type="button" class="btn btn-sm flex-1" onClick={close}>
              {say.cancel}
            </button>
          </div>
        </>
      )}
    </Popover>
  );
}

/** The time of this computer, once a second while somebody looks at it. */
function useNow(isWatched: boolean): number {
  const now = useSignal(Date.now());
  useEffect(() => {
    if (!isWatched) return undefined;
    const tick = () => {
      now.value = Date.now();
    };
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [isWatched, now]);
  return now.value;
}
