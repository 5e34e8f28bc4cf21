import { redact } from "../core/redact.ts";

/** One REST call, webhook post or WebSocket frame. `dir` is the platform's view: "in" came from the bot. `n` only grows. */
export interface Frame {
  n: number;
  /** Epoch ms of the platform's clock. */
  at: number;
  dir: "in" | "out";
  kind: "rest" | "ws";
  method?: string;
  path?: string;
  status?: number;
  /** A gateway frame, or `{request, response}` of a REST call or webhook post. */
  data: unknown;
}

/**
 * The last frames, oldest first. Frames are kept as they are and redacted when read: most are never looked at, and
 * reading happens in one place.
 */
export class Frames {
  readonly #limit: number;
  readonly #secrets: () => readonly string[];
  readonly #onFrame: (frame: () => Frame) => void;
  #frames: Frame[] = [];
  #n = 0;

  constructor(options: { limit: number; secrets: () => readonly string[]; onFrame: (frame: () => Frame) => void }) {
    this.#limit = options.limit;
    this.#secrets = options.secrets;
    this.#onFrame = options.onFrame;
  }

  add(frame: Omit<Frame, "n">): void {
    const kept: Frame = { n: ++this.#n, ...frame };
    this.#frames.push(kept);
    if (this.#frames.length > this.#limit * 1.2) this.#frames = this.#frames.slice(-this.#limit);
    this.#onFrame(() => this.#clean(kept));
  }

  /** Frames with n > after. */
  list(after = 0, limit = this.#limit): Frame[] {
    const first = this.#frames.findIndex((frame) => frame.n > after);
    if (first === -1) return [];
    return this.#frames.slice(Math.max(first, this.#frames.length - limit)).map((frame) => this.#clean(frame));
  }

  clear(): void {
    this.#frames = [];
  }

  #clean(frame: Frame): Frame {
    return { ...frame, data: redact(clip(frame.data), this.#secrets()) };
  }
}

const longest = 20_000;

/** Cuts what no person reads, such as base64 bodies. */
export function clip(value: unknown): unknown {
  if (typeof value === "string") {
    return value.length > longest ? `${value.slice(0, 200)}… (${value.length} characters)` : value;
  }
  if (Array.isArray(value)) return value.map(clip);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, clip(field)]));
}
