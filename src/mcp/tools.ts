import type { OperationFacts, OperationRow } from "../operations/row.ts";

type Schema = Record<string, unknown>;

/** One row of `tools/list`. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  inputSchema: Schema;
  outputSchema: Schema;
  annotations: {
    readOnlyHint: boolean;
    destructiveHint: boolean;
    idempotentHint: boolean;
    openWorldHint: boolean;
  };
}

export const prefix = "qq_";

/** The operations that a client sees as tools of their own. */
export function listedOperations(operations: readonly OperationRow[]): readonly OperationRow[] {
  return operations.filter((operation) => operation.listed);
}

export function toTool(operation: OperationRow): Tool {
  return {
    name: prefix + operation.name,
    title: operation.title,
    description: operation.summary,
    inputSchema: lean(operation.inputSchema()) as Schema,
    outputSchema: lean(operation.outputSchema()) as Schema,
    annotations: annotationsOf(operation),
  };
}

/** Nothing but what the permission says: a manage call changes state without destroying anything. */
export function annotationsOf({ permission, idempotent }: Pick<OperationFacts, "permission" | "idempotent">) {
  return {
    readOnlyHint: permission === "read",
    destructiveHint: permission === "destroy",
    idempotentHint: idempotent,
    openWorldHint: true,
  };
}

/** Lengths and formats cost tokens in every session and are checked by the gate anyway. */
const weights = new Set(["minLength", "maxLength", "format", "propertyNames"]);

export function lean(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(lean);
  if (node === null || typeof node !== "object") return node;
  const kept = Object.entries(node).filter(
    ([key, value]) =>
      !(weights.has(key) && typeof value !== "object") && !(key === "propertyNames") && !isOpen(key, value),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, key === "properties" ? leanFields(value) : lean(value)]));
}

/** Field names are not keywords: a field may be called `format`. */
function leanFields(fields: unknown): Schema {
  return Object.fromEntries(Object.entries(fields as Schema).map(([name, field]) => [name, lean(field)]));
}

/** `additionalProperties: {}` says nothing. */
function isOpen(key: string, value: unknown): boolean {
  return (
    key === "additionalProperties" && value !== null && typeof value === "object" && Object.keys(value).length === 0
  );
}
