import { isLocalQq } from "../config/load.ts";
import { createDesk, type Desk } from "../mcp/desk.ts";
import { createLibrary } from "../mcp/library.ts";
import { createSkills } from "../mcp/skills.ts";
import { catalogue } from "../operations/catalogue.ts";
import type { Caller } from "../operations/context.ts";
import { type Account, accountsOf } from "./accounts.ts";
import { packageRoot } from "./package-root.ts";
import type { Invocation } from "./program.ts";
import { assistantRights } from "./rights.ts";
import { openLog, readSettings } from "./settings.ts";
import type { Stage } from "./stage.ts";

/** What stands behind the MCP server once the handshake is answered. */
export interface Assistant {
  desk: Desk;
  close(): Promise<void>;
}

/**
 * Throws ConfigError for wrong settings; missing credentials are no error, the calls that need them say so. What calls
 * run on is loaded and opened by the first of them, or at once when a person waits for the address of a local QQ.
 */
export async function openAssistant({ flags, options }: Invocation): Promise<Assistant> {
  const settings = readSettings(flags, { log: "warn", ...(options.emulator ? { settleMs: 0 } : {}) });
  const isLocal = options.emulator === true;
  // The local QQ has one bot of its own.
  const accounts: readonly Account[] = isLocal ? [{ config: settings }] : accountsOf(settings);
  const names = accounts.length > 1 ? accounts.map(({ name = "" }) => name) : [];
  let opening: Promise<Stage> | undefined;
  const stage = (): Promise<Stage> => {
    opening ??= import("./stage.ts").then(({ openStage }) => openStage(accounts, isLocal));
    return opening;
  };
  if (isLocal || settings.channel) await stage();
  const contextFor = async (caller: Caller, account?: string) => (await stage()).contextFor(caller, account);
  const desk = createDesk({
    operations: catalogue,
    choice: {
      toolsets: settings.mcpToolsets,
      tools: settings.mcpTools,
      excluded: settings.mcpExcludeTools,
      isReadOnly: settings.mcpReadOnly,
    },
    accounts: names,
    rights: assistantRights(settings, isLocal || accounts.every(({ config }) => isLocalQq(config))),
    contextFor,
    log: openLog(settings),
  });
  return {
    desk: {
      ...desk,
      library: createLibrary({
        ...{ desk, accounts: names, operations: catalogue, skills: createSkills(packageRoot()), contextFor },
      }),
    },
    async close() {
      await (await opening)?.close();
    },
  };
}
