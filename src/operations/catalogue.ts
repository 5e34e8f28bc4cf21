import { operations } from "./all.ts";
import { type OperationRow, rowOf } from "./row.ts";

/**
 * The whole table as rows. In the built command another module stands here, made from the same table: it holds the rows
 * as data and loads a family when one of its operations is first called, which keeps 20 MB out of the MCP server.
 */
export const catalogue: readonly OperationRow[] = operations.map(rowOf);
