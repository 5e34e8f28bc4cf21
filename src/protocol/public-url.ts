import { BlockList, isIP } from "node:net";
import { z } from "zod";

const privateNets = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  privateNets.addSubnet(net, bits, "ipv4");
}
for (const [net, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  privateNets.addSubnet(net, bits, "ipv6");
}
const privateNames = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|home\.arpa)\.?$/i;

/**
 * Whether an address may be one that the platform can download: http(s), and by its words not in a private network. Names
 * are not looked up: we never fetch it ourselves.
 */
export function isPublicUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return false;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  // Also finds IPv4 addresses that are written as IPv6.
  if (family !== 0) return !privateNets.check(host, family === 6 ? "ipv6" : "ipv4");
  return host.includes(".") && !privateNames.test(host);
}

/** Input field for an address that the platform downloads. */
export const publicUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isPublicUrl, {
    error: "not an address that the platform could download: private network, or with a password",
  });
