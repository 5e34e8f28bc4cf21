import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in constant time, whatever the lengths. */
export function isSameToken(given: string | undefined, token: string): boolean {
  if (given === undefined) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/**
 * Whether a Host header, with or without port, names this machine. A foreign name means that a web page had its own name
 * resolve to loopback to reach us from a browser.
 */
export function isLoopbackName(host: string | undefined): boolean {
  const name = (host ?? "").toLowerCase().replace(/:\d+$/, "");
  return name === "127.0.0.1" || name === "localhost" || name === "[::1]";
}
