import type { Conversation } from "./wire.ts";

/** The random word in the page's address; kept for this tab, in case the address loses it. */
export const token = readToken();

function readToken(): string {
  const given = new URLSearchParams(location.search).get("token");
  try {
    if (given) sessionStorage.setItem("token", given);
    return given ?? sessionStorage.getItem("token") ?? "";
  } catch {
    return given ?? ""; // the browser forbids storage: the address has it
  }
}

/** What went wrong with a control call; `field` is empty when nothing the person typed is to blame. */
export interface Problem {
  field: string;
  /** HTTP status; 0 = no answer. */
  status: number;
  message: string;
}

export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

async function post<T>(path: string, body: object): Promise<Answer<T>> {
  try {
    const response = await fetch(new URL(path, location.origin), {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return { ok: true, value: (await response.json()) as T };
    const { error } = (await response.json()) as { error: { field?: string; message: string } };
    return { ok: false, problem: { field: error.field ?? "", status: response.status, message: error.message } };
  } catch (cause) {
    return { ok: false, problem: { field: "", status: 0, message: String(cause) } };
  }
}

export interface Speaking extends Conversation {
  /** User id. */
  as: string;
  content: string;
  mention?: boolean;
}

/** `event_id` is null when the platform tells the bot nothing, as in a group that reports mentions only. */
export function say(message: Speaking): Promise<Answer<{ event_id: string | null; message_id: string }>> {
  return post("/_emulator/say", message);
}

interface Pointing extends Conversation {
  as: string;
  message_id: string;
}

export function recall(message: Pointing): Promise<Answer<object>> {
  return post("/_emulator/recall", message);
}

export function click(button: Pointing & { button_id: string }): Promise<Answer<object>> {
  return post("/_emulator/click", button);
}

export function advanceClock(ms: number): Promise<Answer<{ now: number }>> {
  return post("/_emulator/clock", { advance_ms: ms });
}

export function reset(): Promise<Answer<{ now: number }>> {
  return post("/_emulator/reset", {});
}
