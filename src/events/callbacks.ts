import type { Log } from "../core/log.ts";

/** Calls what the owner handed in; what it throws or rejects is logged by name and stops nothing. */
export function quietly(log: Log, name: string, call: () => unknown): void {
  const report = (error: unknown) => log.error({ callback: name, error }, "a callback failed");
  try {
    Promise.resolve(call()).catch(report);
  } catch (error) {
    report(error);
  }
}
