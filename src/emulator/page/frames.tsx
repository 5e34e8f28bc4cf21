import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { EndWatch } from "./end-watch.ts";
import { eventName, isHeartbeat, opcodeName } from "./frame-names.ts";
import { Icon } from "./icons.tsx";
import { exactTime } from "./moments.ts";
import { words } from "./preferences.ts";
import { FrameData, RestLine } from "./rest-call.tsx";
import { frames } from "./state.ts";
import { type VirtualHandle, VirtualList } from "./virtual-list.tsx";
import type { Frame } from "./wire.ts";

const kinds = ["all", "rest", "ws"] as const;

/** What of the wire is shown. */
interface Filters {
  kind: Signal<(typeof kinds)[number]>;
  wanted: Signal<string>;
  withHeartbeats: Signal<boolean>;
}

/** Everything between the bot and the platform, newest last; thousands of rows, of which only those in view are drawn. */
export function Frames() {
  const say = words.value;
  const kind = useSignal<(typeof kinds)[number]>("all");
  const wanted = useSignal("");
  const withHeartbeats = useSignal(false);
  const opened = useSignal<ReadonlySet<number>>(new Set());
  const list = useRef<VirtualHandle>(null);
  const watch = useRef(new EndWatch());
  const shown = frames.value.filter(
    (frame) =>
      (kind.value === "all" || frame.kind === kind.value) &&
      (withHeartbeats.value || !isHeartbeat(frame)) &&
      contains(frame, wanted.value.trim().toLowerCase()),
  );
  const lastShown = shown.at(-1)?.n;
  // To the end when another frame is the last one; at the limit the number of rows stays the same.
  useEffect(() => {
    if (watch.current.isFollowing && shown.length > 0) list.current?.scrollToIndex(shown.length - 1, { align: "end" });
  }, [lastShown]);
  const onTouch = () => watch.current.touched(performance.now());
  const toggle = (n: number) => {
    const next = new Set(opened.value);
    if (!next.delete(n)) next.add(n);
    opened.value = next;
  };
  return (
    <div class="flex h-full flex-col">
      <FilterBar kind={kind} wanted={wanted} withHeartbeats={withHeartbeats} />
      {shown.length === 0 ? (
        <p class="py-8 text-center text-sm text-base-content/70">
          {frames.value.length === 0 ? say.noFrames : say.noMatch}
        </p>
      ) : (
        <VirtualList
          ref={list}
          className="scroll-slim min-h-0 flex-1 px-2 pb-2"
          onWheel={onTouch}
          onTouchMove={onTouch}
          onKeyDown={onTouch}
          onPointerDown={onTouch}
          onScroll={(offset) => {
            const { scrollSize = 0, viewportSize = 0 } = list.current ?? {};
            watch.current.moved({ top: offset, height: scrollSize, viewHeight: viewportSize }, performance.now());
          }}
        >
          {shown.map((frame) => (
            <FrameRow key={frame.n} frame={frame} isOpen={opened.value.has(frame.n)} onToggle={() => toggle(frame.n)} />
          ))}
        </VirtualList>
      )}
    </div>
  );
}

function FilterBar({ kind, wanted, withHeartbeats }: Filters) {
  const say = words.value;
  return (
    <div class="flex flex-wrap items-center gap-2 px-3 py-2">
      <select
        class="select select-xs w-auto rounded-md"
        aria-label={say.tabs.wire}
        value={kind.value}
        onChange={({ currentTarget }) => {
          kind.value = kinds.find((name) => name === currentTarget.value) ?? "all";
        }}
      >
        {kinds.map((name) => (
          <option key={name} value={name}>
            {say.frameKinds[name]}
          </option>
        ))}
      </select>
      <input
        type="search"
        class="input input-xs min-w-24 flex-1 rounded-md"
        placeholder={say.filter}
        aria-label={say.filter}
        value={wanted.value}
        onInput={({ currentTarget }) => {
          wanted.value = currentTarget.value;
        }}
      />
      <label class="flex cursor-pointer items-center gap-1.5 text-xs text-base-content/80">
        <input
          type="checkbox"
          class="checkbox checkbox-xs rounded"
          checked={withHeartbeats.value}
          onChange={({ currentTarget }) => {
            withHeartbeats.value = currentTarget.checked;
          }}
        />
        {say.heartbeats}
      </label>
    </div>
  );
}

interface FrameRowProps {
  frame: Frame;
  isOpen: boolean;
  onToggle: () => void;
}

function FrameRow({ frame, isOpen, onToggle }: FrameRowProps) {
  const say = words.value;
  const isFromBot = frame.dir === "in";
  return (
    <div class="border-b border-base-300/60 text-xs">
      <button
        type="button"
        class="flex w-full cursor-pointer items-baseline gap-2 rounded-sm px-1 py-1.5 text-start hover:bg-base-200"
        aria-expanded={isOpen}
        onClick={onToggle}
      >
        <span
          class={`w-3 shrink-0 text-center ${isFromBot ? "text-accent" : "text-info"}`}
          title={isFromBot ? say.fromBot : say.toBot}
        >
          {isFromBot ? "↑" : "↓"}
          <span class="sr-only">{isFromBot ? say.fromBot : say.toBot}</span>
        </span>
        <span class="shrink-0 text-base-content/60 tabular-nums">{exactTime(frame.at)}</span>
        {frame.kind === "rest" ? (
          <RestLine frame={frame} />
        ) : (
          <>
            <span class="font-mono font-medium">{opcodeName(frame)}</span>
            <span class="min-w-0 flex-1 truncate font-mono">{eventName(frame)}</span>
          </>
        )}
        <Icon name="chevron" class={`size-3 text-base-content/60 ${isOpen ? "rotate-90" : ""}`} />
      </button>
      {isOpen && (
        <div class="space-y-1 px-1 pb-2">
          <FrameData frame={frame} />
        </div>
      )}
    </div>
  );
}

/** Each frame is turned to text once, and only when somebody searches. */
const texts = new WeakMap<Frame, string>();

function contains(frame: Frame, wanted: string): boolean {
  if (!wanted) return true;
  const known = texts.get(frame) ?? JSON.stringify(frame).toLowerCase();
  texts.set(frame, known);
  return known.includes(wanted);
}
