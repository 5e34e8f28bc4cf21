import type { Json } from "../core/json.ts";

/**
 * Our record of one received event. `data` is the platform's `d` unchanged but for removed `auth_token` values, also
 * for types that we do not know.
 */
export interface Envelope {
  source: "gateway" | "webhook";
  appId: string;
  /** `[shard id, shard count]`; absent on webhooks. */
  shard?: [number, number];
  /** Sequence inside the session; absent on webhooks. Never a de-duplication key. */
  seq?: number;
  /** Outer event id (`TYPE:opaque`): the `event_id` of replies. Synthesised when the platform sent none. */
  id: string;
  type: string;
  receivedAt: number;
  data: Json;
}
