import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import { within } from "../core/within.ts";
import { serveHttp } from "../mcp/http.ts";
import { createSession } from "../mcp/session.ts";
import { openAssistant } from "./assistant.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";
import { openLog, readSettings } from "./settings.ts";
import { untilStopped } from "./stop.ts";
import { version } from "./version.ts";

const closeMs = 100;

/** The MCP server on Streamable HTTP: every client has its own session, all share one platform and one subscription. */
export async function mcpOnHttp(invocation: Invocation): Promise<number> {
  const stopped = untilStopped();
  const settings = readSettings(invocation.flags, { log: "warn" });
  const [token, log] = [tokenOf(settings), openLog(settings)];
  const assistant = await openAssistant(invocation);
  try {
    const server = await serveHttp({
      ...{ ...addressOf(settings.mcpHttp), token, log },
      open: () => createSession({ version: version(), open: () => assistant.desk, log }),
    });
    process.stderr.write(`MCP server: ${server.url}\n`);
    await stopped;
    await server.close();
  } finally {
    await within(assistant.close(), closeMs, systemClock);
  }
  // Whatever is still open (a gateway that is being left) must not keep whoever stopped us waiting.
  setTimeout(() => process.exit(), 50).unref();
  return exitCodes.ok;
}

function addressOf(address = ""): { host: string; port: number } {
  const [, host, port] = /^(?:(.+):)?(\d+)$/.exec(address) ?? [];
  return { host: (host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(port) };
}

function tokenOf({ mcpToken, mcpTokenFile: path }: Config): string | undefined {
  if (mcpToken !== undefined || path === undefined) return mcpToken;
  const problem = (reason: string) =>
    new ConfigError("QQ_MCP_TOKEN_FILE", `QQ_MCP_TOKEN_FILE: ${path} ${reason}`, {
      remedy: "Write the token alone into a file that only you can read: openssl rand -hex 32",
    });
  let token: string;
  try {
    token = readFileSync(path, "utf8").trim();
  } catch {
    throw problem("cannot be read");
  }
  if (!/^\S{16,}$/.test(token)) throw problem("must hold one word of at least 16 characters");
  return token;
}
