import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Log, silentLog } from "../../src/core/log.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { Dice } from "./dice.ts";
import { FullDisk } from "./full-disk.ts";
import { type Evidence, judge, type Verdict } from "./judge.ts";
import { Life } from "./life.ts";
import { type Plan, type PlanSize, planOf, type Step } from "./plan.ts";
import { SoakWorld } from "./world.ts";

export interface SeedRunOptions {
  /** Empty; for the data folders. */
  folder: string;
  size?: Partial<PlanSize>;
  log?: Log;
  /** Told of every step, for a person who replays a seed. */
  onStep?: (atMs: number, step: Step | "calm") => void;
}

/** Once nothing goes wrong any more, everything has to come right within this time. */
const calmMs = 15 * 60_000;
const restartMs = 5_000;
/** Within this time a dead connection has been noticed and replaced. */
const detectedMs = 180_000;
/** What is sent twice comes within this time. */
const aftermathMs = 60_000;

/** One seed from its first message to the verdict, in virtual time. Not to be run twice at once: it owns Math.random. */
export async function runSeed(seed: number, options: SeedRunOptions): Promise<Verdict & { plan: Plan }> {
  const plan = planOf(seed, options.size);
  const usual = Math.random;
  const exits = process.listeners("exit");
  const dice = new Dice(seed ^ 0x5bd1e995);
  // Jitter and back-off take their luck from the seed as well.
  Math.random = () => dice.next();
  const isHurried = new Dice(seed).happens(0.5);
  const run = new SeedRun(options, dice, isHurried);
  try {
    return { ...(await run.through(plan)), plan };
  } finally {
    run.close();
    Math.random = usual;
    // Killed processes leave their locks' listeners with this one.
    for (const listener of process.listeners("exit")) if (!exits.includes(listener)) process.off("exit", listener);
  }
}

class SeedRun {
  readonly #clock: FakeClock;
  readonly #world: SoakWorld;
  readonly #options: SeedRunOptions;
  readonly #dice: Dice;
  readonly #lives: Life[] = [];
  readonly #disk = new FullDisk();
  readonly #evidence: Evidence;
  readonly #startedAt: number;

  /** `isHurried`: the time runs on while work is under way, as on a slow machine. */
  constructor(options: SeedRunOptions, dice: Dice, isHurried: boolean) {
    this.#options = options;
    this.#dice = dice;
    this.#clock = new FakeClock(undefined, isHurried ? () => turns(dice.between(1, 12)) : atRest);
    this.#world = new SoakWorld(this.#clock);
    this.#startedAt = this.#clock.now();
    this.#evidence = {
      said: new Map(),
      heard: [],
      killedAt: [],
      hadFullDisk: false,
      stops: 0,
      failures: [],
      graceMs: isHurried ? 5_000 : 0,
    };
  }

  async through(plan: Plan): Promise<Verdict> {
    process.setMaxListeners(0);
    this.#live(join(this.#options.folder, "0"));
    for (const { atMs, step } of plan) {
      await this.#clock.advance(Math.max(0, this.#startedAt + atMs - this.#clock.now()));
      this.#options.onStep?.(atMs, step);
      await this.#take(step);
    }
    this.#options.onStep?.(this.#clock.now() - this.#startedAt, "calm");
    this.#world.platform.faults.remove();
    const from = this.#clock.now();
    await this.#untilRight(from);
    const settledMs = this.#clock.now() - from;
    // Whatever it has been through, it is connected again, and answers.
    await this.#clock.advance(detectedMs);
    if (!this.#world.platform.gateway.isConnected()) this.#evidence.failures.push("not connected again");
    await this.#take({ kind: "say", place: "c2c", n: plan.length + 1 });
    this.#evidence.last = plan.length + 1;
    await this.#untilRight(this.#clock.now());
    await this.#clock.advance(aftermathMs);
    return { ...this.#verdict(), settledMs, lastedMs: this.#clock.now() - this.#startedAt };
  }

  async #untilRight(from: number): Promise<void> {
    while (this.#clock.now() - from < calmMs && this.#verdict().problems.length > 0) await this.#clock.advance(5_000);
  }

  close(): void {
    this.#disk.restore();
    for (const life of this.#lives) life.bury();
    this.#world.close();
  }

  #verdict(): Verdict {
    const life = this.#lives.at(-1) as Life;
    return judge({ world: this.#world, home: life.home, isAlive: !life.isDead, evidence: this.#evidence });
  }

  async #take(step: Step): Promise<void> {
    const { platform } = this.#world;
    if (step.kind === "say") this.#evidence.said.set(step.n, { place: step.place, at: this.#clock.now() });
    if (step.kind === "say") this.#world.say(step.place, step.n);
    else if (step.kind === "raise") this.#world.raise(step.type);
    else if (step.kind === "disk") {
      this.#disk.isFull = true;
      this.#evidence.hadFullDisk = true;
      this.#clock.after(step.lastsMs, () => {
        this.#disk.isFull = false;
      });
    } else if (step.kind === "fault") {
      platform.faults.add(step.fault);
      platform.gateway.strikeLive();
    } else if (step.kind === "stop") await this.#stop(step.awayMs);
    else if (step.from === "now") await this.#kill(step);
    else
      this.#world.onSend = () => {
        this.#world.onSend = () => {};
        void this.#kill(step);
      };
  }

  async #kill(step: Extract<Step, { kind: "kill" }>): Promise<void> {
    await turns(step.turns);
    const life = this.#lives.at(-1);
    if (!life || life.isDead) return;
    const home = join(this.#options.folder, String(this.#lives.length));
    life.kill(home);
    this.#evidence.killedAt.push(this.#clock.now());
    this.#clock.after(step.awayMs, () => this.#live(home));
  }

  async #stop(awayMs: number): Promise<void> {
    const life = this.#lives.at(-1);
    if (!life || life.isDead) return;
    let isOver = false;
    void life.stop().finally(() => {
      isOver = true;
    });
    for (let waited = 0; !isOver && waited < 10_000; waited += 100) await this.#clock.advance(100);
    // Killed before it was done: then that is what happened.
    if (life.isKilled) return;
    if (!isOver) this.#evidence.failures.push("SIGTERM did not end it within 10 s");
    this.#evidence.stops++;
    this.#clock.after(awayMs, () => this.#live(life.home));
  }

  /** A process that cannot write at its start says so and ends: whoever watches over it starts it again. */
  #afterFailure(error: unknown, life: Life): void {
    life.end();
    if (this.#disk.isFull) this.#clock.after(restartMs, () => this.#live(life.home));
    else this.#evidence.failures.push(String(error));
  }

  #live(home: string): void {
    mkdirSync(home, { recursive: true });
    const heard = new Set<string>();
    this.#evidence.heard.push(heard);
    const life: Life = new Life({
      ...{ home, world: this.#world, clock: this.#clock, dice: this.#dice, log: this.#options.log ?? silentLog },
      heard: ({ id }) => void (id !== undefined && heard.add(id)),
      onFailure: (error) => {
        if (!life.isDead) this.#afterFailure(error, life);
      },
    });
    this.#lives.push(life);
  }
}

/** Nothing is under way any more: what the event loop still holds waits for the clock. */
async function atRest(): Promise<void> {
  for (let calm = 0; calm < 2; ) {
    await turns(1);
    const busy = process.getActiveResourcesInfo().some((kind) => kind === "FSReqCallback" || kind === "Immediate");
    calm = busy ? 0 : calm + 1;
  }
}

/** Turns of the event loop, without what waits for the disk. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; ) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!process.getActiveResourcesInfo().includes("FSReqCallback")) turn++;
  }
}
