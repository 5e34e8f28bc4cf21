import type { Json } from "../core/json.ts";
import { syntheticEventId } from "../protocol/dedupe.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { scrub } from "../protocol/scrub.ts";
import type { Frame } from "./frames.ts";

/** An op 0 frame: the only kind that becomes an envelope. */
export interface DispatchFrame extends Frame {
  t: string;
}

export interface Origin {
  source: Envelope["source"];
  appId: string;
  /** `[id, count]`; absent on webhooks. */
  shard?: readonly [number, number];
  receivedAt: number;
}

/** The event as everything above sees it, of known and unknown types alike: without credentials, always with an id. */
export function readEnvelope(frame: DispatchFrame, origin: Origin): Envelope {
  const data: Json = scrub(frame.d ?? null);
  return {
    source: origin.source,
    appId: origin.appId,
    ...(origin.shard ? { shard: [origin.shard[0], origin.shard[1]] } : {}),
    ...(frame.s === undefined ? {} : { seq: frame.s }),
    id: frame.id ?? syntheticEventId(frame.t, data),
    type: frame.t,
    receivedAt: origin.receivedAt,
    data,
  };
}
