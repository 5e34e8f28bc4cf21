import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ModelPort } from "../../src/agent/model.ts";
import { openPlatform, type Platform } from "../../src/cli/platform.ts";
import { startThinking, type Thinking } from "../../src/cli/thinking.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import type { Dice } from "./dice.ts";
import type { Heard, SoakWorld } from "./world.ts";

export interface LifeFacts {
  home: string;
  world: SoakWorld;
  clock: Clock;
  dice: Dice;
  log: Log;
  heard: Heard;
  /** Of the start, or an end that the platform ordered. */
  onFailure: (error: unknown) => void;
}

/** One process of the bot as it would run from the command, from its start to its end. */
export class Life {
  readonly home: string;
  isKilled = false;
  readonly #clock: MortalClock;
  readonly #cut: () => void;
  readonly #platform: Platform;
  #thinking: Thinking | undefined;

  constructor(facts: LifeFacts) {
    const { home, world, dice, log } = facts;
    this.home = home;
    this.#clock = new MortalClock(facts.clock);
    const isDead = () => this.#clock.isDead;
    const { agent, cut } = world.agent((frame) => {
      if (!isDead()) facts.heard(frame);
    });
    this.#cut = cut;
    const { app, url } = world.platform;
    const config = loadConfig({
      env: {
        QQ_SKILL_HOME: home,
        QQ_BOT_APP_ID: app.appId,
        QQ_BOT_APP_SECRET: app.appSecret,
        QQ_BOT_API_BASE: url,
        QQ_BOT_TOKEN_URL: `${url}/app/getAppAccessToken`,
        QQ_BOT_LIMITS: "off",
        QQ_BOT_DAILY_TOKENS_USER: "0",
        QQ_BOT_DAILY_TOKENS_GROUP: "0",
        QQ_BOT_DAILY_TOKENS_TOTAL: "0",
        QQ_BOT_PACING: "off",
        QQ_BOT_BUSY: "queue",
        QQ_BOT_AI_LABEL: "off",
        QQ_BOT_WELCOME: "off",
      },
    });
    const outside = { clock: this.#clock, http: world.http(isDead), agentFor: () => agent };
    this.#platform = openPlatform(config, log, outside);
    const model = echo(dice, this.#clock);
    startThinking({ platform: this.#platform, model, persona: () => "", owners: new Set() })
      .then((thinking) => {
        this.#thinking = thinking;
        return thinking.ended();
      })
      .catch(facts.onFailure);
  }

  get isDead(): boolean {
    return this.#clock.isDead;
  }

  /** SIGKILL: what was on disk at this moment is all that the next one finds. */
  kill(nextHome: string): void {
    this.isKilled = true;
    this.#clock.isDead = true;
    mkdirSync(nextHome);
    for (const name of ["qq-skill.db", "qq-skill.db-wal"]) {
      if (existsSync(join(this.home, name))) copyFileSync(join(this.home, name), join(nextHome, name));
    }
    this.#cut();
  }

  /** SIGTERM; resolves when the process has ended. The next one lives in the same folder. */
  async stop(): Promise<void> {
    await this.#thinking?.stop();
    this.end();
  }

  /** The process is gone. */
  end(): void {
    this.#clock.isDead = true;
    this.#cut();
  }

  /** After the seed is judged: gives back what the operating system would. */
  bury(): void {
    this.end();
    this.#platform.store().close();
  }
}

/** The clock of one life: of what a dead one has planned, nothing happens any more. */
class MortalClock implements Clock {
  isDead = false;
  readonly #base: Clock;

  constructor(base: Clock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now();
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#base.after(delayMs, () => {
      if (!this.isDead) task();
    });
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    await this.#base.sleep(delayMs, signal);
    if (this.isDead) await new Promise<never>(() => {});
  }
}

/** A model that thinks for a while and repeats the number of the question. */
function echo(dice: Dice, clock: Clock): ModelPort {
  return {
    name: "echo",
    async complete({ messages }, signal) {
      await clock.sleep(dice.between(0, 3_000), signal);
      const asked = messages.findLast(({ role }) => role === "user")?.text ?? "";
      const n = /question (\d+)(?!.*question \d)/s.exec(asked)?.[1] ?? "to nothing";
      return { text: `answer ${n}`, toolCalls: [], finishReason: "stop" };
    },
  };
}
