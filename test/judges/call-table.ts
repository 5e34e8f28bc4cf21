import assert from "node:assert/strict";

/**
 * What becomes of one call of somebody else's program:
 * - `ok`: answered, and the program believes it
 * - `misread`: the platform did it, but the program takes the documented answer for a failure
 * - `unsent`: the program gives up before any request
 * - a number: the platform's documented refusal
 */
export type CallRow = { call: string; run(): Promise<unknown> } & (
  | { expect: "ok" }
  | { expect: "misread" | "unsent" | number; why: string }
);

export type Calls = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

export interface CallTable {
  rows: readonly CallRow[];
  /** Every call that the program has: each needs a row. */
  calls: readonly string[];
  /** The platform's code in what the program throws; undefined when it threw without a refusal. */
  codeOf(error: unknown): number | undefined;
}

/** Runs the rows one after the other; fails once, with every row that came out otherwise. */
export async function runCalls({ rows, calls, codeOf }: CallTable): Promise<void> {
  const named = new Set(rows.map(({ call }) => call));
  const wrong = calls.filter((call) => !named.has(call)).map((call) => `${call}: has no row`);
  for (const row of rows) {
    const { came, error } = await outcome(row, codeOf);
    if (came !== row.expect) wrong.push(`${row.call}: ${came} instead of ${row.expect} (${String(error)})`);
  }
  assert.deepEqual(wrong, []);
  const answered = rows.filter(({ expect }) => expect === "ok").length;
  process.stdout.write(
    `  ${calls.length} calls in ${rows.length} rows: ${answered} answered, ${rows.length - answered} not, with the reason
`,
  );
}

async function outcome({ run }: CallRow, codeOf: CallTable["codeOf"]) {
  try {
    const answer = await run();
    return { came: answer === false ? "misread" : "ok" } as const;
  } catch (error) {
    if (error instanceof assert.AssertionError) return { came: "wrong answer", error } as const;
    return { came: codeOf(error) ?? "unsent", error } as const;
  }
}

/** Own calls of a class, without what it keeps to itself. */
export function callsOf(service: object, inner: readonly string[] = []): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(service)).filter(
    (name) => name !== "constructor" && !name.startsWith("_") && !inner.includes(name),
  );
}

/** Throws, as `unsent`, when there is no such call. */
export async function callFrom(calls: Calls | undefined, name: string, args: readonly unknown[]): Promise<unknown> {
  const call = calls?.[name];
  if (!call) throw new TypeError(`no call ${name}`);
  return call.apply(calls, [...args]);
}
