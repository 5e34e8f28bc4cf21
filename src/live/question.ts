import type { Scene } from "../protocol/scenes.ts";
import type { Probe, Seen } from "./probe.ts";

/** Takes part of what a question sends, so that it can be taken back. */
export interface Sender {
  /** Sends one message to the target and remembers it. */
  send(body: Record<string, unknown>): Promise<Seen>;
  /** A message that came by another way. */
  remember(id: unknown): void;
}

/** Something about the platform that this project assumes, and nobody here could confirm. */
export interface Question {
  id: string;
  /** For people: what is asked. */
  title: string;
  /** What this project goes by until somebody knows, and where that stands. */
  assumed: string;
  /**
   * read: only looks. session: starts gateway sessions, never beside a bot that runs. hear: asks a person to write to the
   * bot. send: people see something; asks for each.
   */
  kind: "read" | "session" | "hear" | "send";
  /** Where it can be asked; without it needs no target. */
  scenes?: readonly Scene[];
  /** What will be seen in the chat. */
  text?: string;
  /** What was seen, or why it could not be asked. */
  ask(probe: Probe, sender: Sender): Promise<Seen | string>;
}
