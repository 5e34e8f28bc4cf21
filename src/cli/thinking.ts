import type { ModelPort } from "../agent/model.ts";
import { type BotOptions, createBot } from "../bot/bot.ts";
import { noteOf } from "../bot/receipt.ts";
import { keepPlans } from "../bot/schedule.ts";
import { noTools } from "../bot/tools.ts";
import { createLocalEngine } from "../engine/local-engine.ts";
import type { WebhookServers } from "../events/webhook-servers.ts";
import { administrationOperations } from "../operations/administration.ts";
import { everydayOperations } from "../operations/everyday.ts";
import { isPart, parseShards } from "../protocol/shards.ts";
import type { Trace } from "../protocol/trace.ts";
import { isOwnerGone, ownerName } from "../store/process.ts";
import { mannersOf, moderationOf, readWelcome } from "./manners.ts";
import type { McpServers } from "./mcp-servers.ts";
import { memoryOf } from "./memory.ts";
import { budgetOf, dailyBudgetOf, openOtherModels, requirePrices } from "./model.ts";
import { type OutboxTrace, traceOutbox } from "./outbox-trace.ts";
import { peopleOf } from "./people.ts";
import type { Platform } from "./platform.ts";
import { openSenses } from "./senses.ts";
import { keep, resumeOutbox, type Subscription } from "./subscription.ts";
import { traceTo, turnRecords } from "./traces.ts";
import { createTransport } from "./transport.ts";
import { watchWordList } from "./word-list.ts";

export interface ThinkingOptions {
  platform: Platform;
  model: ModelPort;
  /** See BotOptions. */
  persona: BotOptions["persona"];
  /** See protocol/person. */
  owners: Iterable<string>;
  trace?: (trace: Trace) => void;
  /** The first time that events can arrive; `detail` says where, for a webhook. */
  onReady?: (facts: { detail?: string; botName?: string }) => void;
  /** Clicks are not acknowledged either; see cli/rehearsal. */
  isRehearsal?: boolean;
  /** Where the webhooks of several bots share a port. */
  webhooks?: WebhookServers;
}

export interface Thinking {
  /** Where events come in: what health is judged by. */
  subscription: Subscription;
  /** Rejects when the platform stopped the bot for good. */
  ended(): Promise<void>;
  /** Stops listening, lets running turns finish for 3 s, parks the rest, closes everything. */
  stop(): Promise<void>;
}

const graceMs = 3_000;

/** The bot on its gateway connection: what `bot` and `playground` both run. */
export async function startThinking(options: ThinkingOptions): Promise<Thinking> {
  const { platform, model, owners } = options;
  const { config, clock, log } = platform;
  requirePrices(config);
  const store = platform.store();
  // The app's lock is held by this process, so a lease of anybody else was left behind by a crash; unless they share it.
  const owner = ownerName();
  const isAlone = !isPart(parseShards(config.shards));
  const engine = createLocalEngine({
    store: store.turns,
    clock,
    log,
    owner,
    isOwnerGone: isAlone ? (other) => other !== owner : isOwnerGone,
    // Behind the budget's own end there is the closing answer and its delivery.
    turnTimeoutMs: (config.turnSeconds + 60) * 1_000,
  });
  const books = platform.contextFor({ kind: "cli", grants: new Set(["read"]), label: "trace" });
  const traced: OutboxTrace | undefined = options.trace && traceOutbox(books, options.trace);
  let servers: McpServers | undefined;
  const bot = createBot({
    ...{ engine, model, log, operations: [...everydayOperations, ...administrationOperations] },
    ...peopleOf(config, store, owners),
    contextFor: platform.contextFor,
    ...memoryOf(store),
    senses: openSenses(platform),
    reminders: { store: store.reminders, appId: platform.appId },
    timeZone: config.timeZone,
    ownTools: () => servers?.tools() ?? noTools(),
    contextTokens: config.contextTokens,
    inboxOnly: (envelope) => keep(store, envelope),
    persona: options.persona,
    usual: mannersOf(config),
    rules: config.conversations,
    chosen: store.chosen,
    stream: config.stream,
    budget: budgetOf(config),
    usage: store.usage,
    dailyBudget: dailyBudgetOf(config),
    ...openOtherModels(config, platform.modelHttp),
    random: Math.random,
    filteredWords: watchWordList(config.wordFilter, { clock, log }),
    ...(config.moderationUrl ? { moderation: moderationOf(config, config.moderationUrl, platform.modelHttp) } : {}),
    welcome: readWelcome(config),
    self: () => subscription.self(),
    status() {
      const { state, detail } = subscription.status();
      const { pending, dead } = store.inbox.facts();
      return { connection: [config.transport, state, detail].filter(Boolean).join(" "), startedAt, pending, dead };
    },
    ackInteractions: !options.isRehearsal,
    clock,
    ...traceTo([traced?.trace, turnRecords(config, { clock, log })]),
  });
  const startedAt = clock.now();
  let isReady = false;
  let told = "";
  const subscription = createTransport({
    platform,
    owner: "qq-skill bot",
    ...(options.webhooks ? { webhooks: options.webhooks } : {}),
    accept: async (envelope) => {
      const taken = await bot.accept(envelope);
      void platform.outbox.hear(envelope);
      return taken;
    },
    onState: ({ state, detail }) => {
      // Every shard reports; the whole changes less often.
      const now = `${state} ${detail ?? ""}`;
      if (now !== told) log.info({ state, detail }, config.transport);
      told = now;
      if (state !== "live" || isReady) return;
      isReady = true;
      const { botName } = subscription.self();
      const ready = { ...(detail === undefined ? {} : { detail }), ...(botName === undefined ? {} : { botName }) };
      // Said once the session is on disk: whoever ends the process from then on, the next one resumes it.
      void Promise.resolve()
        .then(() => store.check())
        .catch((error: unknown) => log.error({ error }, "the session could not be stored"))
        .then(() => options.onReady?.(ready));
    },
  });
  platform.useGateway(subscription);
  // First the lock, which comes with the subscription; events that arrive before the bot serves wait on disk.
  await subscription.start();
  platform.onReport(({ conversation, ...report }) => {
    store.history
      .append(conversation, noteOf(report, platform.clock.now()))
      .catch((error: unknown) => log.error({ error }, "what became of a message could not be noted"));
    traced?.changed(report.key);
  });
  try {
    const { timeZone, schedules = {} } = config;
    await keepPlans(schedules, { reminders: store.reminders, timeZone, now: clock.now() });
    // Loaded by whoever uses it.
    if (config.mcpServers) servers = (await import("./mcp-servers.ts")).openMcpServers(config.mcpServers, platform);
    await resumeOutbox(platform);
    await bot.start();
  } catch (error) {
    // Nobody would answer: the connection would only keep events from whoever could.
    await Promise.all([subscription.stop(), servers?.stop()]);
    throw error;
  }
  return {
    subscription,
    ended: () => subscription.ended(),
    async stop() {
      await subscription.hold();
      await bot.stop(graceMs);
      await servers?.stop();
      await subscription.stop();
      await platform.close();
    },
  };
}
