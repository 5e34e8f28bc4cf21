import type { Json } from "../core/json.ts";

/** What a bot did with one event, step by step: shown beside the chat in the playground. Never holds secrets. */
export type TraceStep =
  | { kind: "event"; type: string; summary: string }
  | { kind: "ignored"; reason: string }
  | { kind: "model_call"; model: string; messages: number; tools: readonly string[] }
  | {
      kind: "model_reply";
      text: string;
      toolCalls: readonly { name: string; arguments: string }[];
      tokens?: number;
      tookMs: number;
    }
  | { kind: "tool_call"; name: string; input: Json }
  | { kind: "tool_result"; name: string; ok: boolean; output: Json; tookMs: number }
  | { kind: "reply"; text: string; notes: readonly string[] }
  | { kind: "failed"; error: string };

export interface Trace {
  at: number;
  /** Outer id of the event that started the turn. */
  turn: string;
  /** Conversation key; empty for events without one. */
  conversation: string;
  step: TraceStep;
}
