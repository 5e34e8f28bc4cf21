import { computed, signal } from "@preact/signals";
import { words } from "./preferences.ts";
import { here, keyOf, thread, turns } from "./state.ts";

/** A turn that says nothing for so long is not shown as working any more: its process may be gone. */
const silenceMs = 120_000;
/** How long the platform shows the typing state at most. */
const typingMs = 60_000;

/** Ticks while something may fall silent. */
const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 5000);

/** What the bot does in the open conversation right now, in words; undefined when nothing. */
export const activity = computed<string | undefined>(() => {
  if (!here.value) return undefined;
  const key = keyOf(here.value);
  const running = turns.value.findLast((turn) => turn.conversation === key && turn.state === "running");
  if (running && now.value - running.endedAt < silenceMs) {
    const tool = running.steps.findLast((step) => step.kind === "tool" && !step.result);
    return tool?.kind === "tool" ? words.value.usingTool(tool.call.name) : words.value.thinking;
  }
  const last = thread.value.findLast((message) => message.from === "bot");
  return last?.kind === "typing" && now.value - last.at < typingMs ? words.value.typing : undefined;
});
