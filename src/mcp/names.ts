/** Of every tool; without it, names are the table's. */
export const prefix = "qq_";

/** The two tools that lead to everything that is not listed. */
export const findName = "find_operations";
export const callName = "call_operation";
