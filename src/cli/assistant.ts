import { createDesk, type Desk } from "../mcp/desk.ts";
import { createLibrary } from "../mcp/library.ts";
import { createSkills } from "../mcp/skills.ts";
import { catalogue } from "../operations/catalogue.ts";
import type { Caller } from "../operations/context.ts";
import { packageRoot } from "./package-root.ts";
import type { Invocation } from "./program.ts";
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
  const log = openLog(settings);
  const isLocal = options.emulator === true;
  let opening: Promise<Stage> | undefined;
  const stage = (): Promise<Stage> => {
    opening ??= import("./stage.ts").then(({ openStage }) => openStage(settings, log, isLocal));
    return opening;
  };
  if (isLocal) await stage();
  const contextFor = async (caller: Caller) => (await stage()).contextFor(caller);
  const desk = createDesk({ operations: catalogue, contextFor, log });
  return {
    desk: { ...desk, library: createLibrary({ desk, operations: catalogue, skills: createSkills(packageRoot()) }) },
    async close() {
      await (await opening)?.close();
    },
  };
}
