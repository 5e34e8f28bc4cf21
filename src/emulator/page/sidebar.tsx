import { Chats } from "./chats.tsx";
import { People } from "./people.tsx";
import { words } from "./preferences.ts";
import { drawer, world } from "./state.ts";

/** The first column; on a phone it slides in. Hidden parts are out of reach for the keyboard too. */
export function Sidebar() {
  const isOpen = drawer.value === "chats";
  return (
    <aside
      aria-label={words.value.menu}
      class={`scroll-slim z-25 w-72 shrink-0 flex-col overflow-y-auto border-e border-base-300 bg-base-100 max-phone:fixed max-phone:inset-y-0 max-phone:start-0 max-phone:top-13 max-phone:shadow-xl phone:flex phone:w-60 wide:w-68 ${isOpen ? "flex" : "hidden"}`}
    >
      {world.value ? (
        <>
          <People />
          <Chats />
        </>
      ) : (
        <div class="space-y-3 p-4" aria-hidden="true">
          {["w-1/3", "w-full", "w-5/6", "w-full", "w-2/3"].map((width) => (
            <div key={width} class={`skeleton h-5 ${width}`} />
          ))}
        </div>
      )}
    </aside>
  );
}
