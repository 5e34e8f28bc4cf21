import type { Agent } from "node:http";
import { HttpsProxyAgent } from "https-proxy-agent";
import type { Config } from "../config/schema.ts";
import { proxyFor } from "../rest/http.ts";

/** The agent for a WebSocket address, by the same rules as for REST; undefined for a direct connection. */
export function socketAgent(config: Config, address: string): Agent | undefined {
  const url = new URL(address.replace(/^ws/, "http"));
  const proxy = proxyFor(url, { proxy: config.proxy, httpsProxy: config.httpsProxy, noProxy: config.noProxy });
  return proxy ? new HttpsProxyAgent(proxy) : undefined;
}
