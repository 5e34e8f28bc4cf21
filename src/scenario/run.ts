import type { Clock } from "../core/clock.ts";
import { QQError } from "../core/errors.ts";
import { type Conversation, conversationKey } from "../protocol/scenes.ts";
import type { Control, World } from "./control.ts";
import { inWords } from "./duration.ts";
import { Expectations, Unmet } from "./expect.ts";
import type { ReadScenario } from "./file.ts";
import { buttonsOf } from "./match.ts";
import { placeNamed, withIds } from "./places.ts";
import type { Scenario, Step } from "./scenario.ts";
import { Variables } from "./variables.ts";

export interface StepResult {
  line: number;
  title: string;
  /** error: could not be carried out. */
  status: "passed" | "failed" | "error" | "skipped";
  tookMs: number;
  /** What was measured, or why it failed. */
  detail?: string;
}

export interface ScenarioResult {
  file: string;
  name: string;
  ok: boolean;
  tookMs: number;
  steps: StepResult[];
  /** What the bot under test wrote to its terminal, where it failed. */
  output?: string;
}

export interface Running {
  control: Control;
  clock: Clock;
  signal: AbortSignal;
}

const askEveryMs = 25;
/** Some bots are compiled first. */
const connectWithinMs = 60_000;

/** Runs the steps in order; after the first that fails the others are skipped. Never throws for what a step meets. */
export async function runScenario(
  { scenario, written }: ReadScenario,
  running: Running,
): Promise<Pick<ScenarioResult, "name" | "ok" | "tookMs" | "steps">> {
  const startedAt = performance.now();
  const steps: StepResult[] = [];
  const play = new Play(scenario, running);
  let isOver = false;
  for (const [at, step] of scenario.steps.entries()) {
    const { line = 0, text = "" } = written[at] ?? {};
    const facts = { line, title: step.name ?? text };
    if (isOver) {
      steps.push({ ...facts, status: "skipped", tookMs: 0 });
      continue;
    }
    const stepAt = performance.now();
    const result = await play.take(step).then(
      (detail) => ({ status: "passed" as const, ...(detail ? { detail } : {}) }),
      (error: unknown) => failureOf(error, running.signal),
    );
    isOver = result.status !== "passed";
    steps.push({ ...facts, ...result, tookMs: performance.now() - stepAt });
  }
  return { name: scenario.name, ok: !isOver, tookMs: performance.now() - startedAt, steps };
}

function failureOf(error: unknown, signal: AbortSignal): Pick<StepResult, "status" | "detail"> & { detail: string } {
  if (signal.aborted) return { status: "error", detail: String((signal.reason as Error)?.message ?? signal.reason) };
  if (error instanceof Unmet) return { status: "failed", detail: error.message };
  if (!(error instanceof QQError)) throw error;
  return { status: "error", detail: error.message };
}

/** One scenario on its way: who spoke last, and where. */
class Play {
  readonly #scenario: Scenario;
  readonly #running: Running;
  readonly #variables = new Variables();
  readonly #expectations: Expectations;
  /** Conversation key -> the last message that somebody said there, and who. */
  readonly #said = new Map<string, { id: string; by: string }>();
  #world: World | undefined;
  #place: Conversation | undefined;
  #speaker: string | undefined;

  constructor(scenario: Scenario, running: Running) {
    this.#scenario = scenario;
    this.#running = running;
    this.#expectations = new Expectations({ ...running, askEveryMs, variables: this.#variables });
  }

  /** Resolves to what was measured, if anything. */
  async take(written: Step): Promise<string | undefined> {
    this.#running.signal.throwIfAborted();
    this.#world ??= await this.#running.control.world();
    const step = this.#variables.fill(written);
    const { control, clock, signal } = this.#running;
    if (step.say !== undefined) return this.#say(typeof step.say === "string" ? { text: step.say } : step.say);
    if (step.click !== undefined)
      return this.#click(typeof step.click === "string" ? { button: step.click } : step.click);
    if (step.recall) return this.#recall(step.recall);
    if (step.join) return this.#move(step.join, "join");
    if (step.leave) return this.#move(step.leave, "leave");
    if (step.act) return this.#act(step.act);
    if (step.event) await control.post("event", step.event);
    if (step.fault) await control.post("faults", step.fault);
    if (step.clear_faults) await control.clearFaults();
    if (step.advance !== undefined) await control.post("clock", { advance_ms: step.advance });
    if (step.wait === "connected") return untilConnected(this.#running);
    if (typeof step.wait === "number") await clock.sleep(step.wait, signal);
    if (step.expect !== undefined) {
      const wanted = typeof step.expect === "string" ? { text: step.expect } : step.expect;
      return this.#expectations.meet(this.#placeOf(wanted.in), this.#withMention(wanted));
    }
    if (step.expect_none) {
      return this.#expectations.meetNone(this.#placeOf(step.expect_none.in), this.#withMention(step.expect_none));
    }
    return undefined;
  }

  async #say({ as, in: where, text, mention, save }: Exclude<NonNullable<Step["say"]>, string>) {
    const by = this.#actor(as ?? this.#firstActor());
    const place = this.#resolve(where ?? this.#scenario.in ?? "c2c", by);
    this.#place = place;
    this.#speaker = by;
    const content = text.replace(/<@([^<>\s]+)>/g, (whole, name: string) => {
      const user = this.#actor(name);
      return user === name ? whole : `<@${user}>`;
    });
    const body = { ...place, as: by, content, ...(mention === undefined ? {} : { mention }) };
    const { message_id } = await this.#running.control.post("say", body);
    const id = String(message_id);
    this.#said.set(conversationKey(place), { id, by });
    const [row] = (await this.#running.control.messages(place)).filter((message) => message.id === id);
    this.#expectations.begin(place, { id, at: row?.at ?? 0 });
    if (save) this.#variables.set(save, id);
    return undefined;
  }

  async #click({ as, in: where, button, message }: Exclude<NonNullable<Step["click"]>, string>) {
    const place = this.#placeOf(where);
    const rows = await this.#running.control.messages(place);
    const shown = rows.filter((row) => row.from === "bot" && !row.recalled && (!message || row.id === message));
    const isMeant = ({ id, label }: { id: string; label: string }) => id === button || label === button;
    const pressed = shown.findLast((row) => buttonsOf(row).some(isMeant));
    const found = pressed && buttonsOf(pressed).find(isMeant);
    if (!pressed || !found) throw new Unmet(`没有按钮 ${button} / no message of the bot has the button ${button}`);
    const by = this.#actor(as ?? this.#speaker ?? this.#firstActor());
    await this.#running.control.post("click", { ...place, as: by, message_id: pressed.id, button_id: found.id });
    return undefined;
  }

  async #recall({ as, in: where, message }: NonNullable<Step["recall"]>) {
    const place = this.#placeOf(where);
    const last = this.#said.get(conversationKey(place));
    const by = this.#actor(as ?? last?.by ?? this.#firstActor());
    const id = message ?? last?.id;
    if (!id) throw new Unmet("这里还没有人说过话 / nobody has said anything here yet");
    await this.#running.control.post("recall", { ...place, as: by, message_id: id });
    return undefined;
  }

  #move({ as, group, guild }: NonNullable<Step["join"]>, way: "join" | "leave") {
    const fields = group === undefined ? { guild, action: `${way}_guild` } : { group, action: `${way}_group` };
    return this.#act({ ...fields, as });
  }

  async #act(written: { action: string; [field: string]: unknown }) {
    if (!this.#world) return undefined;
    const as = typeof written.as === "string" ? { as: this.#actor(written.as) } : {};
    const answer = await this.#running.control.post("act", { ...withIds(this.#world, written), ...as });
    for (const [name, value] of Object.entries(answer)) {
      if (typeof value === "string" || typeof value === "number") this.#variables.set(name, String(value));
    }
    // The act may have made groups, channels and people known under other names.
    this.#world = await this.#running.control.world();
    return undefined;
  }

  #firstActor(): string {
    const { actors } = this.#scenario;
    const named = Array.isArray(actors) ? actors : Object.keys(actors ?? {});
    return named[0] ?? this.#world?.users[0]?.id ?? "";
  }

  #actor(name: string): string {
    const { actors } = this.#scenario;
    return (Array.isArray(actors) || !Object.hasOwn(actors ?? {}, name) ? undefined : actors?.[name]) ?? name;
  }

  /** Where nothing is said of the place it is the one of the step before. */
  #placeOf(written: string | undefined): Conversation {
    if (written === undefined && this.#place) return this.#place;
    this.#place = this.#resolve(
      written ?? this.#scenario.in ?? "c2c",
      this.#speaker ?? this.#actor(this.#firstActor()),
    );
    return this.#place;
  }

  #resolve(written: string, speaker: string): Conversation {
    return placeNamed(this.#world as World, written, { actor: (name) => this.#actor(name), speaker });
  }

  #withMention<T extends { mention?: string | undefined }>(wanted: T): T {
    return wanted.mention === undefined ? wanted : { ...wanted, mention: this.#actor(wanted.mention) };
  }
}

/** Waits until the bot is connected to the platform. Throws Unmet when it does not come. */
export async function untilConnected({ control, clock, signal }: Running): Promise<string> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < connectWithinMs) {
    if ((await control.info()).bot.connected) return inWords(performance.now() - startedAt);
    await clock.sleep(askEveryMs, signal);
  }
  throw new Unmet(
    `机器人 ${inWords(connectWithinMs)} 内没有连上 / the bot did not connect within ${inWords(connectWithinMs)}`,
  );
}
