import { randomBytes } from "node:crypto";
import { QQError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { redactText } from "../core/redact.ts";
import type { Library } from "./library.ts";
import { type Answers, requestError } from "./sdk.ts";

export interface AnswersOptions {
  /** undefined: this server has tools alone. */
  library(): Promise<Library | undefined>;
  /** As the client called itself. */
  client(): string | undefined;
  notify(method: string, params: Record<string, unknown>): void;
}

/** A client may keep at most this many addresses under watch. */
const maxWatched = 50;
/** The protocol's own limit for one completion. */
const maxCompletions = 100;
/** Skills change with the package only: a client may keep them for a day and share them between users. */
const skillFacts = { ttlMs: 24 * 3_600_000, cacheScope: "public" } as const;

/** One client's requests beside tools, and what it watches. */
export function createAnswers(options: AnswersOptions): { answers: Answers; end(): void } {
  const { library, client, notify } = options;
  const watched = new Map<string, () => void>();
  let isOver = false;

  async function open(): Promise<Library> {
    const opened = await library();
    if (!opened) throw requestError("missing", "this server has tools only");
    return opened;
  }

  const answers: Answers = {
    "resources/list": async () => ({ resources: (await open()).resources() }),
    "resources/templates/list": async () => ({ resourceTemplates: (await open()).templates() }),
    async "resources/read"({ uri }, signal) {
      const content = await (await open()).read(uri, { client: client(), signal });
      if (!content) throw noResource(uri);
      return { contents: [{ uri, ...content }] };
    },
    async "resources/subscribe"({ uri }, signal) {
      const opened = await open();
      if (watched.size >= maxWatched) throw requestError("params", `at most ${maxWatched} subscriptions at a time`);
      const onChange = () => notify("notifications/resources/updated", { uri });
      const stop = await opened.watch(uri, { client: client(), signal }, onChange);
      if (!stop) throw requestError("params", `${uri} never changes by itself; qq://inbox can be subscribed to`);
      // Asked for twice, or gone meanwhile.
      watched.get(uri)?.();
      if (isOver) stop();
      else watched.set(uri, stop);
      return {};
    },
    async "resources/unsubscribe"({ uri }) {
      watched.get(uri)?.();
      watched.delete(uri);
      return {};
    },
    "prompts/list": async () => ({ prompts: (await open()).prompts() }),
    async "prompts/get"({ name, arguments: values = {} }) {
      const prompt = (await open()).prompt(name, values);
      if (!prompt) throw requestError("params", `there is no prompt "${name}"; prompts/list names them`);
      return prompt;
    },
    async "completion/complete"({ ref, argument: { name, value } }, signal) {
      const of = ref.type === "ref/prompt" ? ref.name : ref.uri;
      const values = await (await open()).complete({ of, argument: name, value }, { client: client(), signal });
      const shown = values.slice(0, maxCompletions);
      return { completion: { values: shown, total: values.length, hasMore: shown.length < values.length } };
    },
    "skills/list": async () => ({ skills: (await open()).skills(), ...skillFacts }),
    async "skills/get"({ uri }) {
      const skill = (await open()).skills().find((known) => known.uri === uri);
      if (!skill) throw noResource(uri);
      return { skill, ...skillFacts };
    },
  };
  return {
    answers,
    end() {
      isOver = true;
      for (const stop of watched.values()) stop();
      watched.clear();
    },
  };
}

function noResource(uri: string): Error {
  return requestError("missing", `nothing has the address ${redactText(uri.slice(0, 200))}`, { uri });
}

/** Every failure becomes an error of the protocol: what failed and what to do, never a stack or a secret. */
export function requestFailure(error: unknown, method: string, log: Log | undefined): Error {
  if (error instanceof QQError) {
    const text = redactText([error.message, error.remedy].filter(Boolean).join(". "));
    const data = {
      code: error.code,
      retryable: error.retryable,
      ...(error.remedy ? { remedy: redactText(error.remedy) } : {}),
    };
    return requestError(error.code === "input" ? "params" : "internal", text, data);
  }
  // Made above, or by the SDK for a request that was cancelled.
  if (error instanceof Error && "code" in error && typeof error.code === "number") return error;
  const reference = randomBytes(4).toString("hex");
  log?.error(
    { method, reference, stack: error instanceof Error ? error.stack : String(error) },
    "a request failed unexpectedly",
  );
  return requestError(
    "internal",
    `an internal error happened (reference ${reference}); the log on stderr has the details`,
  );
}
