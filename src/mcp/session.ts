import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import { QQError } from "../core/errors.ts";
import { type Log, silentLog } from "../core/log.ts";
import { callOperation } from "../operations/call.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import { type Operation, type Permission, permissions } from "../operations/operation.ts";
import { callEntry } from "./call.ts";
import type { Entry } from "./entry.ts";
import { toBugResult, toCancelledResult, toErrorResult } from "./errors.ts";
import { findEntry } from "./find.ts";
import { instructions } from "./instructions.ts";
import { type ToolResult, toResult } from "./results.ts";
import { createSdkServer, type SdkServer, type ToolCall } from "./sdk.ts";
import { listedOperations, prefix, toTool } from "./tools.ts";

export interface McpOptions {
  operations: readonly Operation[];
  /** May throw ConfigError: the call then fails with its remedy, and the tools stay listed. */
  contextFor(caller: Caller): OperationContext;
  version: string;
  /** What the assistant may do; tools beyond it are not there for it. Default: everything. */
  grants?: ReadonlySet<Permission>;
  clock?: Clock;
  log?: Log;
}

export interface McpSession extends Pick<SdkServer, "connect" | "close" | "closed"> {
  /** Resolves when no call is running. */
  idle(): Promise<void>;
}

/** One client's session on any transport. Starts and lists its tools whatever is missing; schemas wait until asked for. */
export function createMcpSession(options: McpOptions): McpSession {
  const { operations, clock = systemClock, log = silentLog } = options;
  const grants = options.grants ?? new Set(permissions);
  const allowed = operations.filter((operation) => grants.has(operation.permission));
  const entries = new Map(allowed.map((operation) => [operation.name, operationEntry(operation)]));
  const helpers = [findEntry(allowed), callEntry((name) => entries.get(name))];
  const named = new Map([...entries, ...helpers.map((entry) => [entry.operation.name, entry] as const)]);
  const running = new Set<Promise<unknown>>();

  function operationEntry(operation: Operation): Entry {
    return {
      operation,
      async run(input, signal) {
        return toResult(operation, await callOperation(operation, contextFor(), input, signal));
      },
    };
  }

  function contextFor(): OperationContext {
    const name = server
      .clientName()
      ?.replace(/[^\w.-]+/g, "_")
      .slice(0, 40);
    return options.contextFor({ kind: "assistant", grants, label: name ? `mcp:${name}` : "mcp" });
  }

  async function call({ name, input, signal, progress }: ToolCall): Promise<ToolResult | undefined> {
    const entry = name.startsWith(prefix) ? named.get(name.slice(prefix.length)) : undefined;
    if (!entry) return undefined;
    const stop = progress ? report(clock, progress) : undefined;
    const result = entry.run(input, signal).catch((error: unknown) => failure(error, entry.operation, signal));
    running.add(result);
    try {
      return await result;
    } finally {
      running.delete(result);
      stop?.();
    }
  }

  /** Whatever goes wrong is a result that the model can read. */
  function failure(error: unknown, operation: Operation, signal: AbortSignal): ToolResult {
    if (error instanceof QQError) return toErrorResult(error, operation);
    if (signal.aborted) return toCancelledResult(operation);
    const reference = randomBytes(4).toString("hex");
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error({ operation: operation.name, reference, stack }, "a tool call failed unexpectedly");
    return toBugResult(reference, operation);
  }

  const server = createSdkServer({
    name: "qq-skill",
    title: "QQ Open Platform",
    version: options.version,
    instructions,
    tools: () => [...listedOperations(allowed), ...helpers.map((entry) => entry.operation)].map(toTool),
    call,
    onError: (error) => log.warn({ error: error.message }, "the MCP connection reports a problem"),
  });
  return {
    connect: server.connect,
    close: server.close,
    closed: server.closed,
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

const progressEveryMs = 10_000;

/** Tells the client every ten seconds that a long call still runs. Returns the way to stop. */
function report(clock: Clock, progress: (count: number, message: string) => void): () => void {
  let count = 0;
  let cancel = () => {};
  const tick = () => {
    count++;
    progress(count, `still at work after ${(count * progressEveryMs) / 1000} s`);
    cancel = clock.after(progressEveryMs, tick);
  };
  cancel = clock.after(progressEveryMs, tick);
  return () => cancel();
}
