import { inputSchema, outputSchema } from "./call.ts";
import type { Operation } from "./operation.ts";

export type OperationFacts = Omit<Operation, "input" | "output" | "choose" | "run">;

/** One row of the table, for listing and searching: the operation itself may not be loaded yet. */
export interface OperationRow extends OperationFacts {
  /** JSON Schema, a new object each time. */
  inputSchema(): Record<string, unknown>;
  outputSchema(): Record<string, unknown>;
  load(): Promise<Operation>;
}

export function rowOf(operation: Operation): OperationRow {
  return {
    ...factsOf(operation),
    inputSchema: () => inputSchema(operation),
    outputSchema: () => outputSchema(operation),
    load: () => Promise.resolve(operation),
  };
}

/** A row as the build writes it down: schemas as text, because few of them are ever read. */
export interface StoredRow {
  facts: OperationFacts;
  inputSchema: string;
  outputSchema: string;
}

export function storeRow(operation: Operation): StoredRow {
  return {
    facts: factsOf(operation),
    inputSchema: JSON.stringify(inputSchema(operation)),
    outputSchema: JSON.stringify(outputSchema(operation)),
  };
}

/** `loadFamily` gives the exports of the file that defines the operation. */
export function restoreRow(stored: StoredRow, loadFamily: () => Promise<object>): OperationRow {
  const { facts, inputSchema, outputSchema } = stored;
  return {
    ...facts,
    inputSchema: () => JSON.parse(inputSchema),
    outputSchema: () => JSON.parse(outputSchema),
    async load() {
      const family: Operation[] = Object.values(await loadFamily());
      const found = family.find((operation) => operation.name === facts.name);
      if (!found) throw new Error(`${facts.name} is not where the build found it`);
      return found;
    },
  };
}

function factsOf({ input: _input, output: _output, choose: _choose, run: _run, ...facts }: Operation): OperationFacts {
  return facts;
}
