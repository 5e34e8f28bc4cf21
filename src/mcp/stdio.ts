import type { Readable, Writable } from "node:stream";
import { systemClock } from "../core/clock.ts";
import { within } from "../core/within.ts";
import { greet } from "./greeting.ts";
import type { SessionOptions } from "./session.ts";

export interface StdioOptions extends SessionOptions {
  stdin: Readable;
  stdout: Writable;
  /** Resolves at SIGINT or SIGTERM. */
  stopped?: Promise<unknown>;
  /** Closes what the calls opened; gets 100 ms. */
  onClose?: () => Promise<void>;
}

/** A client that leaves may still be owed answers: scripts write their requests and close. */
const graceMs = 250;
const closeMs = 100;

/**
 * Serves one client on stdio. Resolves within 350 ms after the client closed its end, the pipe broke or `stopped`
 * resolved; whoever holds the process then ends it.
 */
export async function serveStdio(options: StdioOptions): Promise<void> {
  const { stdin, stdout, onClose, log, clock = systemClock } = options;
  const end = endOf(options);
  const greeting = await Promise.race([greet(stdin, stdout, options), end]);
  if (typeof greeting === "object") {
    // A driver of its own: the protocol's SDK takes most of the start, and the client has its answer already.
    const { createSession, stdioTransport } = await import("./session.ts");
    const session = createSession(options);
    await session.connect(stdioTransport({ stdin, stdout, ...greeting }));
    stdin.resume();
    if ((await Promise.race([end, session.closed])) === "left") {
      await turn();
      await within(session.idle(), graceMs, clock);
      await turn();
    }
    await session.close();
  }
  try {
    if (onClose) await within(onClose(), closeMs, clock);
  } catch (error) {
    log?.warn({ error }, "closing failed");
  }
}

/** left: the client closed its end and may still read. gone: nobody reads any more, or we were told to stop. */
function endOf({ stdin, stdout, stopped, log }: StdioOptions): Promise<"left" | "gone"> {
  return new Promise((resolve) => {
    for (const event of ["end", "close", "error"]) stdin.once(event, () => resolve("left"));
    // Without a listener, a client that went away would end the process with an exception.
    stdout.on("error", (error) => {
      log?.debug({ error: error.message }, "the client went away");
      resolve("gone");
    });
    stdout.once("close", () => resolve("gone"));
    stopped?.then(
      () => resolve("gone"),
      () => resolve("gone"),
    );
  });
}

/** Lets requests that came with the end of input reach their handlers, and answers reach the pipe. */
async function turn(): Promise<void> {
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve));
}
