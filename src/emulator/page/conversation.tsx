import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Composer } from "./composer.tsx";
import { useFollowEnd } from "./follow-end.ts";
import { Icon } from "./icons.tsx";
import { surroundings } from "./naming.ts";
import { waiting } from "./outbox.ts";
import { words } from "./preferences.ts";
import { here, keyOf, link } from "./state.ts";
import { Thread } from "./thread.tsx";

/** The second column. */
export function Conversation() {
  const say = words.value;
  const chat = here.value;
  if (!chat) {
    return (
      <main class="grid min-w-0 flex-1 place-items-center p-6 text-base-content/70">
        <p class="flex items-center gap-3">
          {link.value === "connecting" && <span class="loading loading-dots" aria-hidden="true" />}
          {link.value === "connecting" ? say.connecting : link.value === "live" ? say.noChat : ""}
        </p>
      </main>
    );
  }
  return (
    <main class="flex min-w-0 flex-1 flex-col">
      <Title />
      <Scroller key={keyOf(chat)} />
      <Composer key={`composer ${keyOf(chat)}`} chat={chat} />
    </main>
  );
}

function Title() {
  const say = words.value;
  const chat = here.value;
  const isCopied = useSignal(false);
  if (!chat) return null;
  const { name, within, group, members } = surroundings(chat);
  const facts = [
    within ? `${within} · ${say.scenes[chat.scene]}` : say.scenes[chat.scene],
    ...(group?.recv_msg_setting ? [group.recv_msg_setting === "all" ? say.readsAll : say.mentionOnly] : []),
  ];
  return (
    <div class="flex h-13 shrink-0 items-center gap-3 border-b border-base-300 bg-base-100 px-4">
      <div class="min-w-0 flex-1">
        <h2 class="truncate leading-tight font-medium">
          {name}
          {members.length > 1 && <span class="ms-1.5 font-normal text-base-content/60">{members.length + 1}</span>}
        </h2>
        <p class="truncate text-xs text-base-content/70">{facts.join(" · ")}</p>
      </div>
      <button
        type="button"
        class="btn btn-ghost btn-xs max-w-36 font-mono font-normal text-base-content/60"
        title={`${say.copyId}: ${keyOf(chat)}`}
        aria-label={say.copyId}
        onClick={async () => {
          await navigator.clipboard.writeText(chat.id);
          isCopied.value = true;
          setTimeout(() => {
            isCopied.value = false;
          }, 1500);
        }}
      >
        <Icon name="copy" class="size-3.5" />
        <span class="truncate">{isCopied.value ? say.copied : `${chat.scene}:${chat.id.slice(0, 6)}…`}</span>
      </button>
    </div>
  );
}

/** My own message always brings me to the end. */
function Scroller() {
  const { box, content, isFollowing, onScroll, toEnd } = useFollowEnd();
  const mine = waiting.value.length;
  useEffect(() => {
    if (mine > 0 && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [mine, box]);
  return (
    <div class="relative min-h-0 flex-1">
      <div ref={box} class="scroll-slim h-full overflow-y-auto overscroll-contain" onScroll={onScroll}>
        <div ref={content} class="mx-auto flex min-h-full max-w-3xl flex-col px-3 py-4 phone:px-5">
          <Thread />
        </div>
      </div>
      {!isFollowing.value && (
        <button type="button" class="btn btn-sm absolute bottom-3 left-1/2 -translate-x-1/2 shadow-md" onClick={toEnd}>
          <Icon name="down" class="size-3.5" />
          {words.value.toBottom}
        </button>
      )}
    </div>
  );
}
