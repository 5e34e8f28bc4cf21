import { randomBytes } from "node:crypto";
import { ConfigError, GatewayError, InputError, PermissionError, QQError } from "../core/errors.ts";
import { redactText } from "../core/redact.ts";

/** 0 ok · 1 platform, network, old Node, bug · 2 bad input or settings · 3 stopped for good by the platform. */
export const exitCodes = { ok: 0, failed: 1, badInput: 2, stoppedForGood: 3 } as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof GatewayError && error.fatal) return exitCodes.stoppedForGood;
  if (error instanceof ConfigError || error instanceof InputError || error instanceof PermissionError)
    return exitCodes.badInput;
  return exitCodes.failed;
}

/** What a person reads on stderr: what failed, why, what to do. A bug shows its stack and a reference to quote. */
export function describeFailure(error: unknown, secrets: readonly string[] = []): string {
  if (error instanceof QQError) {
    const lines = error.message.split("\n").map((line) => `error: ${line}`);
    if (error.remedy) lines.push(`  to do: ${error.remedy}`);
    if ("traceId" in error && error.traceId) lines.push(`  trace id: ${error.traceId}`);
    return redactText(lines.join("\n"), secrets);
  }
  const reference = randomBytes(4).toString("hex");
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return redactText(`error: unexpected failure (reference ${reference}), please report it:\n${text}`, secrets);
}
