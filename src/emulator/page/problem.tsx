import type { Problem } from "./api.ts";
import { Icon } from "./icons.tsx";
import { words } from "./preferences.ts";

/** Why something the person did came to nothing, in red under it. */
export function ProblemLine({ problem }: { problem: Problem }) {
  const say = words.value;
  return (
    <p role="alert" class="flex items-start gap-1 text-start text-xs text-error">
      <Icon name="alert" class="mt-px size-3.5" />
      <span class="wrap-anywhere">
        {say.failed}: {problem.status === 0 ? say.failures.network : problem.message}
      </span>
    </p>
  );
}
