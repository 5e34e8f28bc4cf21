/** Kinds of gateway and webhook frames. Source: official event pages, as of 2026-09. */
export const opcodes = {
  /** An event; the only frame with `t`, `s` and `id`. */
  dispatch: 0,
  /** Ours; `d` is the last `s`, or null before the first event. The platform may send one to ask for a beat. */
  heartbeat: 1,
  identify: 2,
  resume: 6,
  /** Come back on a new socket; the session stays resumable. */
  reconnect: 7,
  /** Identify or resume refused; `d` true (by one SDK's reading) means that the session still lives. */
  invalidSession: 9,
  /** First frame of a socket; `d.heartbeat_interval` in ms. */
  hello: 10,
  heartbeatAck: 11,
  /** Body of our HTTP answer to an event on a webhook. */
  callbackAck: 12,
  /** The console checks a webhook address. */
  callbackValidation: 13,
} as const;
