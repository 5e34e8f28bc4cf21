import { operations } from "../operations/all.ts";
import { inputSchema, outputSchema } from "../operations/call.ts";
import type { Operation } from "../operations/operation.ts";
import { scopeKind } from "../operations/scope.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";

/** A row of `operations --json`: other programs read it, so its names stay. */
function describeOperation(operation: Operation) {
  return {
    name: operation.name,
    title: operation.title,
    summary: operation.summary,
    toolset: operation.toolset,
    permission: operation.permission,
    scope: scopeKind(operation.scope),
    method: operation.method,
    path: operation.path,
    status: operation.status,
    input: inputSchema(operation),
    output: outputSchema(operation),
    docs: operation.docs,
  };
}

export async function listOperations({ options }: Invocation): Promise<number> {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(operations.map(describeOperation), null, 2)}\n`);
    return exitCodes.ok;
  }
  const width = Math.max(...operations.map(({ name }) => name.length));
  for (const operation of operations) {
    const mark = operation.status === "current" ? "" : ` [${operation.status}]`;
    process.stdout.write(
      `${operation.name.padEnd(width)}  ${operation.permission.padEnd(7)}  ${operation.title}${mark}\n`,
    );
  }
  return exitCodes.ok;
}
