import { z } from "zod";
import { InputError, QQError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { parseInput } from "../operations/call.ts";
import { defineAction, type Permission, permissions } from "../operations/operation.ts";
import { type OperationRow, rowOf } from "../operations/row.ts";
import type { Entry } from "./entry.ts";
import { toErrorResult } from "./errors.ts";
import { callName, prefix } from "./names.ts";
import { formats, ownParameters } from "./parameters.ts";
import { fullInput } from "./tools.ts";

export interface CallOptions {
  grants: ReadonlySet<Permission>;
  accounts: readonly string[];
  find(name: string): Entry | undefined;
}

function inputOf(accounts: readonly string[]) {
  return z.strictObject({
    name: z.string().min(1).max(64).describe("Operation"),
    input: z.record(z.string(), z.unknown()).default({}).describe("Its input, by its schema"),
    confirm: z.boolean().optional().describe("Of what destroys: your user agreed"),
    confirm_code: z.string().max(64).optional().describe("From its plan"),
    response_format: z.enum(formats).default("concise").describe("Of reads; detailed: every field"),
    ...(accounts.length > 0 ? { account: z.enum(accounts).describe("Which bot") } : {}),
  });
}

/** The way to operations that are not listed: by the same entries, so by the same gate. */
export function callEntry(operations: readonly OperationRow[], { accounts, grants, find }: CallOptions): Entry {
  const input = inputOf(accounts);
  const operation = defineAction({
    name: callName,
    title: "Call any operation",
    summary: "Run an operation that qq_find_operations returned, with the same checks as the listed tools.",
    toolset: "account",
    // The strictest of what it leads to, for the hints alone: what is called has its own permission.
    permission:
      permissions.findLast((right) => grants.has(right) && operations.some(({ permission }) => permission === right)) ??
      "read",
    scope: "bot",
    input,
    output: z.looseObject({
      operation: z.string(),
      result: z.looseObject({}).describe("Output of the operation"),
    }),
    docs: "https://bot.q.qq.com/wiki/develop/api-v2/",
    run: () => Promise.reject(new Error("call_operation is run by its entry")),
  });
  return {
    operation: rowOf(operation),
    async run(rawInput, from) {
      const {
        name: asked,
        input: given,
        response_format,
        confirm,
        confirm_code,
        ...own
      } = parseInput(operation, rawInput) as z.infer<typeof input>;
      const name = asked.startsWith(prefix) ? asked.slice(prefix.length) : asked;
      const entry = find(name);
      if (!entry) throw unknownName(name, operations);
      const { permission } = entry.operation;
      checkAccount(given, own);
      try {
        const raw = {
          ...(permission === "read" ? { response_format } : {}),
          ...given,
          ...(permission === "destroy" && confirm !== undefined ? { confirm } : {}),
          ...(permission === "destroy" && confirm_code !== undefined ? { confirm_code } : {}),
          ...own,
        };
        const { content, structuredContent } = await entry.run(raw, from);
        return { content, structuredContent: { operation: name, result: structuredContent } };
      } catch (error) {
        // Told as the failure of what was called, with its own advice about trying again.
        if (!(error instanceof QQError)) throw error;
        const told = error instanceof InputError ? withSchema(error, entry.operation, accounts) : error;
        return toErrorResult(told, entry.operation);
      }
    },
  };
}

/** A second account inside the input must not lose against the first one unnoticed. */
function checkAccount(given: Record<string, unknown>, own: { account?: unknown }): void {
  if (own.account === undefined || given.account === undefined || given.account === own.account) return;
  throw new InputError("input.account", "input.account names another bot than account", {
    remedy: "Name the bot once, by account beside input.",
  });
}

function unknownName(name: string, operations: readonly OperationRow[]): InputError {
  const close = nearest(
    name,
    operations.map((operation) => operation.name),
  );
  const hint = close.length > 0 ? `Nearest: ${close.join(", ")}. ` : "";
  return new InputError("name", `there is no operation "${name}"`, {
    remedy: `${hint}Search for it with qq_find_operations.`,
  });
}

function withSchema(error: InputError, operation: OperationRow, accounts: readonly string[]): InputError {
  const schema = fullInput(operation, ownParameters(operation, accounts));
  return new InputError(error.field, error.message, {
    expected: `input of ${operation.name}: ${JSON.stringify(schema)}`,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error,
  });
}
