import { PermissionError } from "../core/errors.ts";
import type { Caller, OperationContext } from "./context.ts";
import type { Operation } from "./operation.ts";
import { confine } from "./scope.ts";
import { keepToTargets } from "./targets.ts";

/** Throws PermissionError naming the missing right and what would grant it. */
export function permit({ name, permission }: Pick<Operation, "name" | "permission">, { grants, kind }: Caller): void {
  if (grants.has(permission)) return;
  throw new PermissionError(permission, `${name} needs the right "${permission}"`, {
    remedy:
      kind === "model" ? "Only the bot's owner may ask for this; tell the person so." : rightRemedy(permission, grants),
  });
}

function rightRemedy(permission: string, grants: ReadonlySet<string>): string {
  const wanted = [...grants, permission].join(",");
  return `Your user can allow it: QQ_MCP_RIGHTS=${wanted} in the settings of this server, then start it again.`;
}

/** May this caller do this, there? `input` has ids for names by now. Throws PermissionError. */
export async function admit(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<void> {
  permit(operation, context.caller);
  await confine(operation, context, input, signal);
  await keepToTargets(operation, context, input, signal);
}
