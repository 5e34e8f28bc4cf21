import { type Clock, systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createAnswers, requestFailure } from "./answers.ts";
import { startChannel } from "./channel.ts";
import type { Desk } from "./desk.ts";
import { type Self, selfDescription } from "./greeting.ts";
import { createSdkServer, type SdkServer, type ToolCall } from "./sdk.ts";

export { httpTransport, stdioTransport } from "./sdk.ts";

export interface SessionOptions extends Self {
  /**
   * Makes what answers the calls; asked once, after the handshake was answered, so that nothing behind it delays the
   * start. Should not fail: without it there is no tool list.
   */
  open(): Desk | Promise<Desk>;
  clock?: Clock;
  log?: Log;
}

export interface Session extends Pick<SdkServer, "connect" | "close" | "closed"> {
  /** Resolves when nothing waits for an answer. */
  idle(): Promise<void>;
}

/** One client's session on any transport. */
export function createSession({ version, channel = false, open, clock = systemClock, log }: SessionOptions): Session {
  const running = new Set<Promise<unknown>>();
  let opening: Promise<Desk> | undefined;

  function desk(): Promise<Desk> {
    opening ??= Promise.resolve()
      .then(open)
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    return opening;
  }

  function tracked<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    const done = () => running.delete(work);
    work.then(done, done);
    return work;
  }

  async function answer({ progress, ...toolCall }: ToolCall) {
    const stop = progress ? report(clock, progress) : undefined;
    try {
      return await (await desk()).call({ ...toolCall, client: server.clientName() });
    } finally {
      stop?.();
    }
  }

  async function begin(): Promise<void> {
    const { library } = await desk();
    if (!channel || !library) return;
    const pushing = startChannel({ library, client: server.clientName(), notify, ended: server.closed });
    await pushing.catch((error: unknown) => log?.error({ error }, "no messages are pushed"));
  }

  const notify: SdkServer["notify"] = (...message) => server.notify(...message);
  const { answers, end } = createAnswers({
    library: () => tracked(desk().then((opened) => opened.library)),
    client: () => server.clientName(),
    notify,
  });
  const server = createSdkServer({
    ...selfDescription({ version, channel }),
    answers,
    failure: (error, method) => requestFailure(error, method, log),
    tools: () => tracked(desk().then((opened) => opened.tools())),
    call: (toolCall) => tracked(answer(toolCall)),
    // The answer to the handshake goes out before the work begins.
    onReady: () => setImmediate(() => begin().catch((error: unknown) => log?.error({ error }, "no tools"))),
    onError: (error) => log?.warn({ error: error.message }, "the MCP connection reports a problem"),
  });
  return {
    ...{ connect: server.connect, close: server.close, closed: server.closed.then(end) },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

const progressEveryMs = 10_000;

/** Tells the client every ten seconds that a long call still runs. Returns the way to stop. */
function report(clock: Clock, progress: (count: number, message: string) => void): () => void {
  let count = 0;
  let cancel = () => {};
  const tick = () => {
    count++;
    progress(count, `still at work after ${(count * progressEveryMs) / 1000} s`);
    cancel = clock.after(progressEveryMs, tick);
  };
  cancel = clock.after(progressEveryMs, tick);
  return () => cancel();
}
