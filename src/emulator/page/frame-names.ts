import { isRecord } from "./records.ts";
import type { Frame } from "./wire.ts";

/** QQ's gateway opcodes. */
const names: Record<number, string> = {
  0: "dispatch",
  1: "heartbeat",
  2: "identify",
  6: "resume",
  7: "reconnect",
  9: "invalid session",
  10: "hello",
  11: "heartbeat ack",
};

/** `fault: half_open` where one struck. */
export function opcodeName(frame: Frame): string {
  if (isRecord(frame.data) && typeof frame.data.fault === "string") return `fault: ${frame.data.fault}`;
  const op = isRecord(frame.data) ? frame.data.op : undefined;
  return typeof op === "number" ? (names[op] ?? `op ${op}`) : frame.kind;
}

/** `GROUP_AT_MESSAGE_CREATE #12`; empty for frames that carry no event. */
export function eventName(frame: Frame): string {
  if (!isRecord(frame.data)) return "";
  const { t, s } = frame.data;
  return [typeof t === "string" ? t : "", typeof s === "number" ? `#${s}` : ""].join(" ").trim();
}

export function isHeartbeat(frame: Frame): boolean {
  const op = frame.kind === "ws" && isRecord(frame.data) ? frame.data.op : undefined;
  return op === 1 || op === 11;
}
