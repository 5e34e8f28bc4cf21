import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { nearest } from "../core/nearest.ts";
import type { OperationRow } from "../operations/row.ts";
import { type Agreement, confirmParameters, splitAgreement } from "./confirmation.ts";
import { type Place, readCursor } from "./portion.ts";
import type { View } from "./results.ts";

type Schema = Record<string, unknown>;

export const formats = ["concise", "detailed"] as const;

/** What a tool takes beside the operation's own input, as listed. `accounts`: empty unless there are several. */
export function ownParameters(operation: OperationRow, accounts: readonly string[]): Schema {
  return {
    ...(needsCursor(operation) ? { cursor: { type: "string", description: "next_cursor of the page before" } } : {}),
    ...(operation.permission === "read" ? { response_format: responseFormat } : {}),
    ...(operation.permission === "destroy" ? confirmParameters : {}),
    ...(accounts.length > 0 ? { account: { type: "string", enum: accounts, description: "Which bot" } } : {}),
  };
}

const responseFormat = { type: "string", enum: formats, description: "detailed: every field" };

/** Any list may be longer than a model should read at once, also one that the platform gives whole. */
function needsCursor(operation: OperationRow): boolean {
  if (operation.permission !== "read" || "cursor" in ((operation.inputSchema().properties ?? {}) as Schema))
    return false;
  const fields = (operation.outputSchema().properties ?? {}) as Record<string, { type?: string; items?: Schema }>;
  return Object.values(fields).some(({ type, items }) => type === "array" && items?.type === "object");
}

export interface Asked {
  /** For the gate. */
  input: unknown;
  account?: string;
  view: View;
  /** What came with a destructive call. */
  agreement: Agreement;
}

/** Takes them out of what the client sent. Throws InputError for values that do not exist. */
export function readParameters(operation: OperationRow, raw: unknown, accounts: readonly string[]): Asked {
  if (!isRecord(raw)) {
    const view = { skip: 0, isDetailed: false };
    return { input: raw, ...accountOf(undefined, accounts), view, agreement: {} };
  }
  const { account, response_format: format, cursor, ...rest } = raw;
  const { input, agreement } = splitAgreement(operation, rest);
  const isRead = operation.permission === "read";
  if (isRead && format !== undefined && !formats.some((known) => known === format))
    throw new InputError("response_format", "response_format must be concise or detailed");
  let place: Place = { skip: 0 };
  let passed = cursor;
  if (isRead && typeof cursor === "string") {
    place = readCursor(cursor);
    passed = needsCursor(operation) ? onlyOurs(operation, place) : place.cursor;
  }
  return {
    input: {
      ...input,
      ...(passed === undefined ? {} : { cursor: passed }),
      ...(accounts.length === 0 && account !== undefined ? { account } : {}),
      ...(!isRead && format !== undefined ? { response_format: format } : {}),
    },
    ...accountOf(account, accounts),
    view: { ...place, isDetailed: format === "detailed" },
    agreement,
  };
}

/** Of a list that the platform gives whole, so that only our own cursors continue it. */
function onlyOurs(operation: OperationRow, { skip, cursor }: Place): undefined {
  if (skip > 0 && cursor === undefined) return undefined;
  throw new InputError("cursor", `${operation.name} gave no such cursor`, {
    remedy: "Call it without cursor, then go on with the next_cursor of its answer.",
  });
}

/** Never a silent choice: with several bots, each call names its own. */
function accountOf(account: unknown, accounts: readonly string[]): { account?: string } {
  if (accounts.length === 0) return {};
  if (typeof account === "string" && accounts.includes(account)) return { account };
  const close = typeof account === "string" ? nearest(account, accounts) : [];
  throw new InputError("account", account === undefined ? "account is missing" : `there is no account "${account}"`, {
    expected: `one of ${accounts.join(", ")}`,
    remedy: close.length > 0 ? `Call again with account ${close[0]}, if that one is meant.` : "Name the bot to use.",
  });
}
