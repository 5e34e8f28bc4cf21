import { createDesk, type DeskOptions } from "./desk.ts";
import { type StdioOptions, serveStdio } from "./stdio.ts";

export interface ServeOptions extends DeskOptions, Omit<StdioOptions, "open" | "log"> {}

/** The whole server at once. A command that starts fast uses `serveStdio` and loads the table in its `open`. */
export function serveMcp(options: ServeOptions): Promise<void> {
  return serveStdio({ ...options, open: () => createDesk(options) });
}
