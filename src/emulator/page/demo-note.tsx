import { words } from "./preferences.ts";

const lines = ["OPENAI_API_KEY=…", "OPENAI_BASE_URL=https://…/v1", "OPENAI_MODEL=…"];

/** How to get a thinking model in place of the demo. */
export function DemoNote() {
  const say = words.value;
  return (
    <>
      <p class="mb-2 font-semibold">{say.demoTitle}</p>
      <p class="text-base-content/80">{say.demoNote}</p>
      <pre class="my-2 overflow-x-auto rounded-field bg-base-200 p-3 font-mono text-xs leading-5">
        {lines.join("\n")}
      </pre>
      <p class="text-base-content/80">{say.demoLater}</p>
    </>
  );
}
