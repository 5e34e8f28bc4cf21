import type { OperationRow } from "../operations/row.ts";
import type { DeskCall } from "./desk.ts";
import type { ToolResult } from "./results.ts";

/** Something that can be called: an operation of the table, or one of the two tools that lead to all of them. */
export interface Entry {
  operation: OperationRow;
  /** Takes what the client sent. Throws QQError for every expected failure. */
  run(rawInput: unknown, from: Pick<DeskCall, "client" | "signal" | "ask">): Promise<ToolResult>;
}
