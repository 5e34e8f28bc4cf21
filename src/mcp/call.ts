import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { parseInput } from "../operations/call.ts";
import { defineAction } from "../operations/operation.ts";
import { type OperationRow, rowOf } from "../operations/row.ts";
import type { Entry } from "./entry.ts";
import { lean } from "./tools.ts";

const input = z.strictObject({
  name: z.string().min(1).max(64).describe("Operation"),
  input: z.record(z.string(), z.unknown()).default({}).describe("Its input, by its schema"),
});

/** The way to operations that are not listed: by the same entries, so by the same gate. */
export function callEntry(find: (name: string) => Entry | undefined): Entry {
  const operation = defineAction({
    name: "call_operation",
    title: "Call any operation",
    summary: "Run an operation that qq_find_operations returned, with the same checks as the listed tools.",
    toolset: "account",
    // The strictest, for the hints alone: what is called has its own permission.
    permission: "destroy",
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
      const asked = parseInput(operation, rawInput) as z.infer<typeof input>;
      const name = asked.name.replace(/^qq_/, "");
      const entry = find(name);
      if (!entry) {
        throw new InputError("name", `there is no operation "${name}"`, {
          remedy: "Search for it with qq_find_operations.",
        });
      }
      try {
        const { content, structuredContent } = await entry.run(asked.input, from);
        return { content, structuredContent: { operation: name, result: structuredContent } };
      } catch (error) {
        throw error instanceof InputError ? withSchema(error, entry.operation) : error;
      }
    },
  };
}

function withSchema(error: InputError, operation: OperationRow): InputError {
  return new InputError(error.field, error.message, {
    expected: `input of ${operation.name}: ${JSON.stringify(lean(operation.inputSchema()))}`,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error,
  });
}
