import type { OperationFacts, OperationRow } from "../operations/row.ts";
import { prefix } from "./names.ts";

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

/** `own`: parameters that are the server's, not the operation's. */
export function toTool(operation: OperationRow, own: Schema = {}): Tool {
  return {
    name: prefix + operation.name,
    title: operation.title,
    description: operation.summary,
    inputSchema: listedInput(operation, own),
    outputSchema: lean(operation.outputSchema()) as Schema,
    annotations: annotationsOf(operation),
  };
}

/** What is left out is open, not forbidden: a client that checks against the listing must let it through. */
function listedInput(operation: OperationRow, own: Schema): Schema {
  const { properties, ...schema } = fullInput(operation, own);
  const { listedFields } = operation;
  if (listedFields.length === 0) return { ...schema, properties };
  const { additionalProperties: _, ...open } = schema;
  const shown = Object.entries(properties).filter(([name]) => listedFields.includes(name) || name in own);
  return { ...open, properties: Object.fromEntries(shown) };
}

/** Everything that an operation takes, as a model reads it. */
export function fullInput(operation: OperationRow, own: Schema = {}): Schema & { properties: Schema } {
  const { properties = {}, required = [], ...schema } = lean(operation.inputSchema()) as Schema;
  const needed = [...(required as string[]), ...("account" in own ? ["account"] : [])];
  return {
    ...schema,
    properties: { ...(properties as Schema), ...own },
    ...(needed.length > 0 ? { required: needed } : {}),
  };
}

/** Nothing but what the permission says: a manage call changes state without destroying anything. */
function annotationsOf({ permission, idempotent }: Pick<OperationFacts, "permission" | "idempotent">) {
  return {
    readOnlyHint: permission === "read",
    destructiveHint: permission === "destroy",
    idempotentHint: idempotent,
    openWorldHint: true,
  };
}

/** Lengths and formats cost tokens in every session and are checked by the gate anyway. */
const weights = new Set(["minLength", "maxLength", "format", "propertyNames"]);

function lean(node: unknown): unknown {
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
