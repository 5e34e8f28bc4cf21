import type { Json } from "../core/json.ts";

/** Cheap first look; hits inside strings only cost the slower path. */
const mayHoldBigInteger = /[:[,]\s*-?\d{16}/;
const bigInteger = /^-?\d{16,}$/;

/**
 * JSON whose integers of 16 and more digits become strings, so that ids beyond 2^53 (old forum events print them bare)
 * stay whole. Throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): Json {
  if (!mayHoldBigInteger.test(text) && !bigInteger.test(text.trim())) return JSON.parse(text) as Json;
  return JSON.parse(text, keepBigInteger) as Json;
}

function keepBigInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && source !== undefined && bigInteger.test(source) ? source : value;
}
