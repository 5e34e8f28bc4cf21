import type { Clock } from "../core/clock.ts";
import { type Conversation, conversationKey } from "../protocol/scenes.ts";
import type { Control, Row } from "./control.ts";
import { inWords } from "./duration.ts";
import { buttonsOf, captured, type Identities, mismatches } from "./match.ts";
import type { Absence, Expectation } from "./scenario.ts";
import type { Variables } from "./variables.ts";

/** The bot did not do what the scenario expects. */
export class Unmet extends Error {}

interface Options {
  control: Control;
  clock: Clock;
  signal: AbortSignal;
  askEveryMs: number;
  variables: Variables;
}

/** Where expectations begin to look, and since when. */
interface Mark {
  /** The message that was said or matched last; messages before it count no more. */
  after?: string;
  /** Platform time of what was said last. */
  saidAt?: number;
}

const usualWithinMs = 5000;
const usualQuietMs = 300;
/** After the platform's time was moved: for a bot that looks at the clock of its own machine. */
const settleMs = 500;
const shownRows = 5;

/** Waits for messages of the bot. Each one that was expected is used up: the next expectation looks behind it. */
export class Expectations {
  readonly #options: Options;
  readonly #marks = new Map<string, Mark>();

  constructor(options: Options) {
    this.#options = options;
  }

  begin(place: Conversation, said: { id: string; at: number }): void {
    this.#marks.set(conversationKey(place), { after: said.id, saidAt: said.at });
  }

  /** Resolves to what was measured. Throws Unmet with what there was instead. */
  async meet(place: Conversation, wanted: Expectation): Promise<string> {
    const { within = usualWithinMs, count, at_least, quiet = usualQuietMs } = wanted;
    const least = count ?? at_least ?? 1;
    const identities = await this.#identities();
    const startedAt = performance.now();
    const enough = (rows: Row[]) => rows.filter((row) => mismatches(row, wanted, identities).length === 0);
    let found: Row[] = [];
    for (;;) {
      const rows = await this.#rows(place, wanted);
      found = enough(rows);
      if (found.length >= least) break;
      if (performance.now() - startedAt >= within)
        throw new Unmet(unmetText({ rows, found, wanted, identities, within }));
      await this.#pause();
    }
    const tookMs = performance.now() - startedAt;
    if (count !== undefined) {
      await this.#options.clock.sleep(quiet, this.#options.signal);
      const now = enough(await this.#rows(place, wanted));
      if (now.length !== count)
        throw new Unmet(`应为 ${count} 条，实际 ${now.length} 条 / ${now.length} messages instead of ${count}`);
    }
    const last = found[least - 1] as Row;
    this.#checkLatency(place, last, wanted);
    this.#keep(place, last, wanted);
    return inWords(tookMs);
  }

  /** Resolves when none came. Throws Unmet with the first one that did. */
  async meetNone(place: Conversation, wanted: Absence): Promise<string> {
    const identities = await this.#identities();
    const isVirtual = wanted.clock === "virtual";
    if (isVirtual) await this.#options.control.post("clock", { advance_ms: wanted.within });
    const limitMs = isVirtual ? settleMs : wanted.within;
    const startedAt = performance.now();
    for (;;) {
      const rows = await this.#rows(place, wanted);
      const came = rows.find((row) => mismatches(row, wanted, identities).length === 0);
      if (came) throw new Unmet(`不应出现 / came although it must not: ${describe(came)}`);
      if (performance.now() - startedAt >= limitMs) return inWords(wanted.within);
      await this.#pause();
    }
  }

  async #identities(): Promise<Identities> {
    return (await this.#options.control.info()).identities;
  }

  /** The bot's messages that an expectation may be about. */
  async #rows(place: Conversation, wanted: Pick<Expectation, "message" | "recalled">): Promise<Row[]> {
    const isAnyTime = wanted.message !== undefined || wanted.recalled === true;
    const after = isAnyTime ? undefined : this.#marks.get(conversationKey(place))?.after;
    const rows = await this.#options.control.messages(place, after);
    return rows.filter(({ id, from }) => from === "bot" && (wanted.message === undefined || id === wanted.message));
  }

  #checkLatency(place: Conversation, row: Row, { latency }: Expectation): void {
    const saidAt = this.#marks.get(conversationKey(place))?.saidAt;
    if (latency === undefined || saidAt === undefined || row.at - saidAt <= latency) return;
    const [took, limit] = [inWords(row.at - saidAt), inWords(latency)];
    throw new Unmet(`${took} 后才回复，上限 ${limit} / came after ${took}; at most ${limit}`);
  }

  #keep(place: Conversation, row: Row, { message, recalled, save, text }: Expectation): void {
    const key = conversationKey(place);
    if (message === undefined && recalled !== true) this.#marks.set(key, { ...this.#marks.get(key), after: row.id });
    for (const [name, value] of Object.entries(captured(row, text))) this.#options.variables.set(name, value);
    if (!save) return;
    this.#options.variables.set(save, row.id);
    this.#options.variables.set(`${save}.text`, row.content);
  }

  #pause(): Promise<void> {
    return this.#options.clock.sleep(this.#options.askEveryMs, this.#options.signal);
  }
}

interface Missed {
  rows: Row[];
  found: Row[];
  wanted: Expectation;
  identities: Identities;
  within: number;
}

function unmetText({ rows, found, wanted, identities, within }: Missed): string {
  const least = wanted.count ?? wanted.at_least ?? 1;
  const waited = `${inWords(within)} 内没有等到 / not within ${inWords(within)}`;
  const head = least > 1 ? `${waited}: ${found.length} of ${least}` : waited;
  if (rows.length === 0) return `${head}\n机器人没有说话 / the bot said nothing`;
  const lines = rows.slice(-shownRows).map((row) => {
    const why = mismatches(row, wanted, identities).join("; ");
    return `  - ${describe(row)}${why ? `  (${why})` : ""}`;
  });
  return [`${head}; 机器人说了 / the bot said:`, ...lines].join("\n");
}

function describe(row: Row): string {
  const text = row.content.length > 300 ? `${row.content.slice(0, 300)}…` : row.content;
  const buttons = buttonsOf(row).map(({ label }) => `[${label}]`);
  return [row.kind === "text" ? "" : `(${row.kind})`, JSON.stringify(text), ...buttons].filter(Boolean).join(" ");
}
