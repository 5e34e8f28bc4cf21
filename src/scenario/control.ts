import { z } from "zod";
import { InputError, NetworkError } from "../core/errors.ts";
import type { Conversation } from "../protocol/scenes.ts";

const row = z.looseObject({
  id: z.string(),
  from: z.string(),
  content: z.string(),
  at: z.number(),
  kind: z.string(),
  media: z.string().optional(),
  msg_id: z.string().optional(),
  mode: z.string().optional(),
  keyboard: z.unknown().optional(),
  recalled: z.boolean().optional(),
});
const rows = z.object({ messages: z.array(row) });
/** A message as the chat shows it. */
export type Row = z.infer<typeof row>;

const named = z.looseObject({ id: z.string(), name: z.string() });
const world = z.looseObject({
  users: z.array(named),
  c2c: z.array(z.looseObject({ id: z.string(), user: z.string() })),
  groups: z.array(named),
  guilds: z.array(named.extend({ channels: z.array(named) })),
  dms: z.array(z.looseObject({ id: z.string(), user: z.string(), guild: z.string() })),
});
export type World = z.infer<typeof world>;

const info = z.looseObject({
  bot: z.looseObject({ id: z.string(), name: z.string(), connected: z.boolean() }),
  now: z.number(),
  identities: z.record(z.string(), z.string()),
});
export type Info = z.infer<typeof info>;

const answerWithinMs = 10_000;

/** The emulator's control API over HTTP. Throws InputError for what it refuses, NetworkError where it does not answer. */
export class Control {
  readonly #base: URL;
  readonly #token: string;

  /** The address of the chat page, with its token, as the emulator prints it. */
  constructor(address: string) {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const token = url?.searchParams.get("token");
    if (!url || !/^https?:$/.test(url.protocol) || !token) {
      throw new InputError("--url", "must be the address of the chat page, with its token", {
        remedy: "Copy what `qq-skill emulator` prints as chat page: http://127.0.0.1:7717/?token=…",
      });
    }
    this.#base = new URL("/_emulator/", url);
    this.#token = token;
  }

  async world(): Promise<World> {
    return this.#read(world, await this.#call("GET", "world"));
  }

  async info(): Promise<Info> {
    return this.#read(info, await this.#call("GET", "info"));
  }

  async messages({ scene, id }: Conversation, after?: string): Promise<Row[]> {
    const query = new URLSearchParams({ scene, id, ...(after ? { after } : {}) });
    const answer = await this.#call("GET", `messages?${query}`);
    return this.#read(rows, answer).messages;
  }

  /** Everything that changes something: `say`, `click`, `recall`, `act`, `event`, `faults`, `clock`, `reset`. */
  post(path: string, body: object = {}): Promise<Record<string, unknown>> {
    return this.#call("POST", path, body);
  }

  async clearFaults(): Promise<void> {
    await this.#call("DELETE", "faults");
  }

  /** Throws InputError for what no emulator of this version answers. */
  #read<T extends z.ZodType>(schema: T, answer: unknown): z.output<T> {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new InputError("--url", `what answers at ${this.#base.host} is no emulator of this version`);
  }

  async #call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const url = new URL(path, this.#base);
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${this.#token}` },
        signal: AbortSignal.timeout(answerWithinMs),
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (error) {
      throw new NetworkError(`the emulator at ${this.#base.host} does not answer`, {
        ...{ phase: "connect", attempts: 1, cause: error },
        remedy: "Start it (`qq-skill emulator`), or leave out --url and give --bot.",
      });
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer as Record<string, unknown>;
    const refused = z.object({ error: z.object({ field: z.string(), message: z.string() }) }).safeParse(answer);
    if (!refused.success)
      throw new InputError("--url", `no emulator answers at ${this.#base.host} (${response.status})`);
    const { field, message } = refused.data.error;
    throw new InputError(field, `${field}: ${message}`);
  }
}
