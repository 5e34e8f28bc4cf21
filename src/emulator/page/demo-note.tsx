import { Icon } from "./icons.tsx";
import { words } from "./preferences.ts";

const lines = ["OPENAI_API_KEY=…", "OPENAI_BASE_URL=https://…/v1", "OPENAI_MODEL=…"];

/** How to get a thinking model in place of the demo. */
export function DemoNote({ onClose }: { onClose: () => void }) {
  const say = words.value;
  return (
    <div
      role="dialog"
      aria-label={say.demoTitle}
      class="fixed inset-x-3 top-15 z-40 rounded-box border border-base-300 bg-base-100 p-4 text-sm shadow-xl phone:absolute phone:inset-x-auto phone:top-9 phone:left-0 phone:w-96"
    >
      <div class="mb-2 flex items-start gap-2">
        <strong class="flex-1">{say.demoTitle}</strong>
        <button type="button" class="btn btn-ghost btn-xs btn-square" aria-label={say.close} onClick={onClose}>
          <Icon name="close" class="size-3.5" />
        </button>
      </div>
      <p class="text-base-content/80">{say.demoNote}</p>
      <pre class="my-2 overflow-x-auto rounded-field bg-base-200 p-3 font-mono text-xs leading-5">
        {lines.join("\n")}
      </pre>
      <p class="text-base-content/80">{say.demoLater}</p>
    </div>
  );
}
