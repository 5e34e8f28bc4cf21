import { setFlagsFromString } from "node:v8";
import { isRecord } from "../core/json.ts";
import { serveStdio } from "../mcp/stdio.ts";
import type { Assistant } from "./assistant.ts";
import { exitCodes } from "./exit.ts";
import { readOutside } from "./sources.ts";
import { untilStopped } from "./stop.ts";
import { version } from "./version.ts";

/** Without a client nobody would be told of a wrong flag or setting; with one the handshake comes first. */
const patienceMs = 500;

/** The MCP server, on stdio unless an address for HTTP is set. */
export async function mcp(argv: readonly string[]): Promise<number> {
  clearEarly();
  const { isHttp, isChannel } = glance(argv);
  if (!isHttp) return mcpOnStdio(argv, isChannel);
  const [{ program }, { mcpOnHttp }] = await Promise.all([import("./program.ts"), import("./mcp-http.ts")]);
  return program(argv, mcpOnHttp);
}

/**
 * Nearly all that answering allocates is garbage at once. V8 would let it pile up in ever larger halves; kept small, a
 * server that was busy holds 10 MB less on stdio and 40 MB less on HTTP, at no measurable cost.
 */
function clearEarly(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Before anything is loaded: what is wrong with the settings is told when they are read in earnest. */
function glance(argv: readonly string[]): { isHttp: boolean; isChannel: boolean } {
  const hasFlag = (flag: string) => argv.some((word) => word === flag || word.startsWith(`${flag}=`));
  try {
    const { env, file } = readOutside();
    const content = isRecord(file?.content) ? file.content : {};
    const channel = env.QQ_MCP_CHANNEL?.trim() || content.channel;
    return {
      isHttp: hasFlag("--http") || Boolean(env.QQ_MCP_HTTP?.trim()) || content.mcpHttp !== undefined,
      isChannel: hasFlag("--channel") || /^(?:true|1|yes|on)$/i.test(String(channel)),
    };
  } catch {
    return { isHttp: hasFlag("--http"), isChannel: hasFlag("--channel") };
  }
}

/**
 * It answers the handshake before anything else is loaded, and lists its tools whatever
 * credentials are missing; calls then say what to set. Wrong flags or settings end it with their exit code.
 */
async function mcpOnStdio(argv: readonly string[], channel: boolean): Promise<number> {
  let assistant: Promise<Assistant> | undefined;
  const refused = Promise.withResolvers<number>();
  const ready = (): Promise<Assistant> => {
    assistant ??= load(argv, refused.resolve);
    return assistant;
  };
  const patience = setTimeout(() => void ready(), patienceMs);
  const served = serveStdio({
    version: version(),
    channel,
    stdin: process.stdin,
    stdout: process.stdout,
    stopped: untilStopped(),
    open: async () => (await ready()).desk,
    onClose: async () => {
      await (await assistant)?.close();
    },
  });
  const ended = served.then(async () => {
    // Input that ends before any handshake: a person tried the command, and shall hear what is wrong with it.
    if (!assistant) await (await ready()).close();
    return exitCodes.ok;
  });
  const code = await Promise.race([ended, refused.promise]);
  clearTimeout(patience);
  // Whatever is still open (a gateway that is being left, an answer under way) must not keep the client waiting.
  setTimeout(() => process.exit(code), 50).unref();
  return code;
}

/** Never settles when the command line was refused or only asked for help: the exit code is reported instead. */
async function load(argv: readonly string[], refuse: (code: number) => void): Promise<Assistant> {
  const [{ program }, { openAssistant }] = await Promise.all([import("./program.ts"), import("./assistant.ts")]);
  return new Promise((resolve, reject) => {
    let isOpen = false;
    const parsed = program(argv, async (invocation) => {
      resolve(await openAssistant(invocation));
      isOpen = true;
      return exitCodes.ok;
    });
    parsed.then((code) => {
      if (!isOpen) refuse(code);
    }, reject);
  });
}
