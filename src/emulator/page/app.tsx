import { useEffect } from "preact/hooks";
import { Banner } from "./banner.tsx";
import { Conversation } from "./conversation.tsx";
import { Header } from "./header.tsx";
import { Inspector } from "./inspector.tsx";
import { words } from "./preferences.ts";
import { Sidebar } from "./sidebar.tsx";
import { drawer } from "./state.ts";

/** Three columns; on narrow screens the third, then the first, slides in over the conversation. */
export function App() {
  useEffect(() => {
    document.title = words.value.title;
  }, [words.value]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") drawer.value = "none";
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="flex h-dvh flex-col bg-base-200 text-base-content">
      <Header />
      <Banner />
      <div class="relative flex min-h-0 flex-1">
        <Sidebar />
        <Conversation />
        <Inspector />
        {drawer.value !== "none" && (
          <button
            type="button"
            class="fixed inset-0 z-20 bg-black/40 wide:hidden"
            aria-label={words.value.close}
            onClick={() => {
              drawer.value = "none";
            }}
          />
        )}
      </div>
    </div>
  );
}
