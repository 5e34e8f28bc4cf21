import { useSignal } from "@preact/signals";
import { Frames } from "./frames.tsx";
import { Icon } from "./icons.tsx";
import { words } from "./preferences.ts";
import { drawer } from "./state.ts";
import { Turns } from "./turn-list.tsx";

const tabs = ["turns", "wire"] as const;

/** The third column: what the bot did, step by step, and everything that went over the wire. */
export function Inspector() {
  const say = words.value;
  const tab = useSignal<(typeof tabs)[number]>("turns");
  const isOpen = drawer.value === "inspector";
  return (
    <aside
      aria-label={say.inspector}
      class={`z-25 w-[min(26rem,92vw)] shrink-0 flex-col border-s border-base-300 bg-base-100 max-wide:fixed max-wide:inset-y-0 max-wide:end-0 max-wide:top-13 max-wide:shadow-xl wide:flex wide:w-[clamp(20rem,29vw,30rem)] ${isOpen ? "flex" : "hidden"}`}
    >
      <div class="flex h-13 shrink-0 items-center gap-2 border-b border-base-300 px-3">
        <h2 class="min-w-0 flex-1 truncate text-sm font-medium">{say.inspector}</h2>
        <div role="tablist" class="flex rounded-field bg-base-200 p-0.5">
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={tab.value === name}
              aria-controls={`panel-${name}`}
              class={`btn btn-xs border-0 ${tab.value === name ? "bg-base-100 shadow-xs" : "btn-ghost"}`}
              onClick={() => {
                tab.value = name;
              }}
            >
              {say.tabs[name]}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="btn btn-ghost btn-sm btn-square wide:hidden"
          aria-label={say.close}
          onClick={() => {
            drawer.value = "none";
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      <div role="tabpanel" id={`panel-${tab.value}`} aria-labelledby={`tab-${tab.value}`} class="min-h-0 flex-1">
        {tab.value === "turns" ? <Turns /> : <Frames />}
      </div>
    </aside>
  );
}
