import { z } from "zod";
import { InputError, PermissionError, QQError } from "../core/errors.ts";
import { isRecord, type Json } from "../core/json.ts";
import { redact } from "../core/redact.ts";
import { admit, permit } from "./admission.ts";
import { confirm } from "./confirmation.ts";
import type { OperationContext } from "./context.ts";
import type { Operation } from "./operation.ts";
import { describeScope, scopeKind } from "./scope.ts";

/**
 * The one gate: permit, resolve names, parse, confine, rehearse, confirm, run, record. Every call of an assistant, of the model and
 * of the command line passes here. Throws QQError; an answer of an unexpected shape is logged and returned as it is. A
 * destructive call that nobody has agreed to returns `Unconfirmed` instead of running.
 */
export async function callOperation(
  operation: Operation,
  context: OperationContext,
  rawInput: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const record = (outcome: string, input: unknown) => recordCall(operation, context, { outcome, input });
  let input: unknown = rawInput;
  try {
    permit(operation, context.caller);
    const resolved = await context.names.resolve(operation, context, rawInput, signal);
    const parsed = parseInput(operation, resolved);
    input = parsed;
    await admit(operation, context, parsed, signal);
    rehearse(operation, context);
    const chosen = operation.choose?.(context, parsed) ?? parsed;
    input = chosen;
    const unconfirmed = await confirm(operation, context, chosen, signal);
    if (unconfirmed) {
      record(unconfirmed.confirmation.status === "declined" ? "declined" : "unconfirmed", chosen);
      return unconfirmed;
    }
    const output = await operation.run(context, chosen, signal);
    checkOutput(operation, context, output);
    if (operation.permission === "manage" || operation.permission === "destroy") context.names.forget();
    record("ok", chosen);
    return output;
  } catch (error) {
    record(error instanceof QQError ? error.code : signal?.aborted ? "cancelled" : "bug", input);
    throw error;
  }
}

function rehearse({ name, permission }: Operation, { isRehearsal }: OperationContext): void {
  if (!isRehearsal || permission === "read") return;
  throw new PermissionError(permission, `dry run: ${name} was not done`, {
    remedy: "This is a rehearsal: nothing is sent or changed. Say what you would have done.",
  });
}

/** A full disk must not make a sent message look failed, so that it is sent again. */
function recordCall(operation: Operation, context: OperationContext, row: { outcome: string; input: unknown }): void {
  try {
    context.audit.record({
      at: context.clock.now(),
      caller: context.caller.label,
      operation: operation.name,
      scope: isRecord(row.input) ? describeScope(operation.scope, row.input) : scopeKind(operation.scope),
      outcome: row.outcome,
      input: redact(withoutConfidential(operation, row.input)) as Json,
    });
  } catch (error) {
    context.log.error({ operation: operation.name, error }, "the audit row could not be written");
  }
}

function withoutConfidential({ confidential }: Operation, input: unknown): unknown {
  if (!isRecord(input) || confidential.length === 0) return input ?? null;
  return Object.fromEntries(
    Object.entries(input).map(([field, value]) => [field, confidential.includes(field) ? "[redacted]" : value]),
  );
}

/** Field, reason and remedy of everything that is wrong, in one InputError whose `field` is the first one. */
export function parseInput(operation: Operation, rawInput: unknown): Record<string, unknown> {
  const parsed = operation.input.safeParse(rawInput ?? {});
  if (parsed.success) return parsed.data as Record<string, unknown>;
  const known = Object.keys(operation.input.shape);
  const problems = parsed.error.issues.map((issue) => describeIssue(issue, rawInput, fieldsAt(operation, issue.path)));
  const first = problems[0] ?? { field: "input", text: "input is not valid" };
  throw new InputError(first.field, `${operation.name}: ${problems.map((problem) => problem.text).join("; ")}`, {
    expected: `fields: ${known.join(", ") || "none"}`,
    remedy: `Correct ${[...new Set(problems.map((problem) => problem.field))].join(", ")} and call ${operation.name} again.`,
  });
}

/** The fields of the object that a path leads to. */
function fieldsAt(operation: Operation, path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(operation.input.shape);
  let node: unknown = inputSchema(operation);
  for (const key of path) {
    if (!isRecord(node)) return [];
    node = typeof key === "number" ? node.items : isRecord(node.properties) ? node.properties[String(key)] : undefined;
  }
  return isRecord(node) && isRecord(node.properties) ? Object.keys(node.properties) : [];
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
}

function describeIssue(
  issue: z.core.$ZodIssue,
  rawInput: unknown,
  known: readonly string[],
): { field: string; text: string } {
  if (issue.code === "unrecognized_keys") {
    const field = [...issue.path, issue.keys[0]].join(".");
    return {
      field,
      text: `unknown field ${[...issue.path, issue.keys.join(", ")].join(".")} (known: ${known.join(", ") || "none"})`,
    };
  }
  const field = issue.path.join(".") || "input";
  if (issue.code !== "custom" && valueAt(rawInput, issue.path) === undefined)
    return { field, text: `${field} is missing` };
  return { field, text: `${field}: ${issue.message}` };
}

function checkOutput(operation: Operation, context: OperationContext, output: unknown): void {
  const parsed = operation.output.safeParse(output);
  if (parsed.success) return;
  const issues = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  context.log.warn({ operation: operation.name, issues }, "answer has an unexpected shape; passed on as it is");
}

/**
 * JSON Schema of an input as models read it: no `$schema`, no safe-integer bounds, and no form of ids (regular
 * expressions differ between validators and cost tokens; the gate checks them).
 */
export function inputSchema(operation: Operation): Record<string, unknown> {
  return jsonSchema(operation.input, "input");
}

/** Without `required`: an answer that lacks a field is still an answer. */
export function outputSchema(operation: Operation): Record<string, unknown> {
  return jsonSchema(operation.output, "output");
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...plain } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: node }) => {
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
      if (node.pattern !== undefined) {
        delete node.pattern;
        delete node.minLength;
        delete node.maxLength;
      }
      if (io === "output") delete node.required;
    },
  });
  return oneTypeEach(plain) as Record<string, unknown>;
}

/** `type: [a, b]` as two branches: some clients know no list of types. */
function oneTypeEach(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(oneTypeEach);
  if (!isRecord(node)) return node;
  const entries = Object.entries(node).map(([key, value]): [string, unknown] =>
    key === "type" && Array.isArray(value) ? ["anyOf", value.map((type) => ({ type }))] : [key, oneTypeEach(value)],
  );
  return Object.fromEntries(entries);
}
