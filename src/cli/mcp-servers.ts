import { mcpConnect } from "../agent/mcp-connection.ts";
import { startToolServer } from "../agent/tool-server.ts";
import type { OwnTool } from "../bot/own-tools.ts";
import { type GrantedServer, serverTools } from "../bot/server-tools.ts";
import type { Config } from "../config/schema.ts";
import type { Platform } from "./platform.ts";
import { serverSecrets } from "./settings.ts";
import { version } from "./version.ts";

export interface McpServers {
  tools(): readonly OwnTool[];
  stop(): Promise<void>;
}

/** The servers of the settings, connecting in the background: the bot answers without them until they are there. */
export function openMcpServers(servers: NonNullable<Config["mcpServers"]>, { clock, log }: Platform): McpServers {
  const granted = Object.entries(servers).map(([name, settings]): GrantedServer => {
    const { tools: rights } = settings;
    const onOutput = (text: string) => log.debug({ server: name, text }, "a server of tools wrote");
    const connect = mcpConnect(settings, { version: version(), onOutput });
    const server = startToolServer({ name, connect, allowed: Object.keys(rights), clock, log });
    return { server, rights, secrets: serverSecrets(settings) };
  });
  return {
    tools: serverTools(granted),
    stop: async () => void (await Promise.all(granted.map(({ server }) => server.stop()))),
  };
}
