import type { Json } from "../core/json.ts";

/** What a bot did with one event, step by step: shown beside the chat in the playground. Never holds secrets. */
export type TraceStep =
  | { kind: "event"; type: string; summary: string }
  | { kind: "ignored"; reason: string }
  /** What was decided on the way, and why. */
  | { kind: "decided"; what: string }
  | { kind: "model_call"; model: string; messages: number; tools: readonly string[] }
  | {
      kind: "model_reply";
      text: string;
      toolCalls: readonly { name: string; arguments: string }[];
      model?: string;
      tokens?: number;
      inputTokens?: number;
      outputTokens?: number;
      tookMs: number;
    }
  /** `call` tells the calls of one reply apart. */
  | { kind: "tool_call"; call?: string; name: string; input: Json }
  | { kind: "tool_result"; call?: string; name: string; ok: boolean; output: Json; tookMs: number }
  | { kind: "reply"; text: string; notes: readonly string[]; tookMs?: number }
  | { kind: "failed"; error: string }
  /** The end of an attempt to answer, with what all attempts took together; `waitedMs` from the event to its beginning. */
  | {
      kind: "done";
      attempt: number;
      waitedMs: number;
      tookMs: number;
      inputTokens: number;
      outputTokens: number;
      cost: number;
    }
  /** One message that the turn sent, as it stands; a later one with the same key replaces it. */
  | { kind: "outbox"; message: TracedMessage };

export type TracedStatus =
  | "delivered"
  | "pending_review"
  | "rejected"
  | "refused"
  | "unknown"
  | "open"
  | "held"
  | "cancelled"
  | "expired";

export interface TracedMessage {
  key: string;
  /** Its beginning. */
  text: string;
  status: TracedStatus;
  /** What was planned; `parts` are those that were tried. */
  planned: number;
  /** `name` = 1/2; code and meaning of a refusal. */
  parts: readonly { name: string; status: TracedStatus; code?: number; meaning?: string }[];
  heldUntil?: number;
  note?: string;
  /** Free replies to the message that it answers; `max` null = no published number. Epoch ms. */
  budget?: { used: number; max: number | null; endsAt: number };
}

export interface Trace {
  at: number;
  /** Outer id of the event that started the turn. */
  turn: string;
  /** Conversation key; empty for events without one. */
  conversation: string;
  step: TraceStep;
}
