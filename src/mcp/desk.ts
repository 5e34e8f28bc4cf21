import { randomBytes } from "node:crypto";
import { QQError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { callOperation } from "../operations/call.ts";
import { type ConfirmMode, isUnconfirmed } from "../operations/confirmation.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import { type Permission, permissions } from "../operations/operation.ts";
import type { OperationFacts, OperationRow } from "../operations/row.ts";
import type { Targets } from "../operations/targets.ts";
import { callEntry } from "./call.ts";
import { type Choice, choose } from "./choice.ts";
import { toUnconfirmedResult } from "./confirmation.ts";
import type { Entry } from "./entry.ts";
import { toBugResult, toCancelledResult, toErrorResult } from "./errors.ts";
import { findEntry } from "./find.ts";
import type { Library } from "./library.ts";
import { prefix } from "./names.ts";
import { ownParameters, readParameters } from "./parameters.ts";
import { type ToolResult, toResult } from "./results.ts";
import type { Ask } from "./sdk.ts";
import { type Tool, toTool } from "./tools.ts";

export interface DeskOptions {
  operations: readonly OperationRow[];
  /** What the operator wants to be there. Default: everything, with the default list. Wrong names throw ConfigError. */
  choice?: Choice;
  /** Names of the bots when there are several: every call then has to name one. */
  accounts?: readonly string[];
  /** May throw ConfigError: the call then fails with its remedy, and the tools stay listed. */
  contextFor(caller: Caller, account?: string): OperationContext | Promise<OperationContext>;
  /** Default: everything, everywhere, with a person's agreement to what destroys. */
  rights?: DeskRights;
  log?: Log;
}

/** What assistants may do, and where. What they may not can still be found, so that they can tell their users. */
export interface DeskRights {
  grants: ReadonlySet<Permission>;
  targets?: Targets;
  confirm: ConfirmMode;
}

export interface DeskCall {
  /** Tool name, with prefix. */
  name: string;
  input: unknown;
  /** As the client called itself. */
  client: string | undefined;
  signal: AbortSignal;
  /** Only when the client can show its user a form. */
  ask?: Ask;
}

/** Where calls are answered: the table as tools, and what leads to the rest of it. */
export interface Desk {
  /** Always the same, in the same order. */
  tools(): readonly Tool[];
  /** undefined: there is no such tool. Every failure is a result. */
  call(call: DeskCall): Promise<ToolResult | undefined>;
  /** What can be read, beside what can be done; without it there are tools alone. */
  library?: Library;
}

export interface FullDesk extends Desk {
  /** As whom a client hears what it does not call for: with the rights and places of its calls. */
  callerOf(client: string | undefined, account: string | undefined): Caller;
}

export function createDesk(options: DeskOptions): FullDesk {
  const { operations, contextFor, log, choice = {}, accounts = [] } = options;
  const { grants, targets, confirm }: DeskRights = options.rights ?? { grants: new Set(permissions), confirm: "auto" };
  const chosen = choose(operations, choice);
  const may = ({ permission }: OperationFacts) => grants.has(permission);
  const { reachable } = chosen;
  const entries = new Map(reachable.map((operation) => [operation.name, operationEntry(operation)]));
  const helpers = [
    findEntry(reachable, { accounts, grants }),
    callEntry(reachable, { accounts, grants, find: (name) => entries.get(name) }),
  ];
  const offered = helpers.filter(({ operation }) => chosen.has(operation.name));
  const named = new Map([...entries, ...offered.map((entry) => [entry.operation.name, entry] as const)]);
  let listing: readonly Tool[] | undefined;

  function callerOf(client: string | undefined, account: string | undefined): Caller {
    return { kind: "assistant", grants, label: labelOf(client, account), ...(targets ? { targets } : {}) };
  }

  function operationEntry(row: OperationRow): Entry {
    return {
      operation: row,
      async run(raw, { client, signal, ask }) {
        const { input, account, view, agreement } = readParameters(row, raw, accounts);
        const operation = await row.load();
        const caller: Caller = {
          ...callerOf(client, account),
          ...(confirm === "off" ? {} : { confirmation: { mode: confirm, ...(ask ? { ask } : {}), ...agreement } }),
        };
        const context = await contextFor(caller, account);
        const output = await callOperation(operation, context, input, signal);
        return isUnconfirmed(output) ? toUnconfirmedResult(operation, output) : toResult(operation, output, view);
      },
    };
  }

  function failure(error: unknown, operation: OperationFacts, signal: AbortSignal): ToolResult {
    if (error instanceof QQError) return toErrorResult(error, operation);
    if (signal.aborted) return toCancelledResult(operation);
    const reference = randomBytes(4).toString("hex");
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log?.error({ operation: operation.name, reference, stack }, "a tool call failed unexpectedly");
    return toBugResult(reference, operation);
  }

  return {
    callerOf,
    tools() {
      listing ??= [
        ...chosen.listed.filter(may).map((operation) => toTool(operation, ownParameters(operation, accounts))),
        ...offered.map(({ operation }) => toTool(operation)),
      ];
      return listing;
    },
    async call({ name, input, ...from }) {
      const entry = name.startsWith(prefix) ? named.get(name.slice(prefix.length)) : undefined;
      return entry?.run(input, from).catch((error: unknown) => failure(error, entry.operation, from.signal));
    },
  };
}

/** For the audit log: which client, and for which of several bots. */
function labelOf(client: string | undefined, account: string | undefined): string {
  const name = client?.replace(/[^\w.-]+/g, "_").slice(0, 40);
  return `mcp${name ? `:${name}` : ""}${account === undefined ? "" : `@${account}`}`;
}
