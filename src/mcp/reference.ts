import type { OperationRow } from "../operations/row.ts";

interface Field {
  type?: string;
  enum?: readonly string[];
  description?: string;
}

/** The families of the table, in its order. */
export function familiesOf(operations: readonly OperationRow[]): string[] {
  return [...new Set(operations.map(({ toolset }) => toolset))];
}

/** One family for reading; undefined when there is none of that name. */
export function familyPage(operations: readonly OperationRow[], family: string): string | undefined {
  const members = operations.filter(({ toolset }) => toolset === family);
  if (members.length === 0) return undefined;
  return [
    `# ${family}`,
    "Each is an operation for qq_call_operation; listed ones are tools of their own (qq_ + name).",
    ...members.map(section),
  ].join("\n\n");
}

function section(operation: OperationRow): string {
  const { name, title, summary, permission, listed, status, docs } = operation;
  const marks = [permission, ...(listed ? ["listed"] : []), ...(status === "current" ? [] : [status])].join(", ");
  const { properties = {}, required = [] } = operation.inputSchema() as {
    properties?: Record<string, Field>;
    required?: readonly string[];
  };
  const fields = Object.entries(properties).map(([field, { type, enum: values, description }]) => {
    const kind = values?.join("|") ?? type ?? "JSON";
    return `- ${field} (${kind}${required.includes(field) ? ", required" : ""})${description ? `: ${description}` : ""}`;
  });
  return [
    `## ${name} (${marks})`,
    "",
    `${title}. ${summary}`,
    "",
    ...fields,
    ...(fields.length > 0 ? [""] : []),
    docs,
  ].join("\n");
}
