import { systemClock } from "../core/clock.ts";
import { InputError } from "../core/errors.ts";
import type { Senders } from "../operations/context.ts";
import { judge, readEvent } from "../operations/sender-gate.ts";
import { isSenderRule, senderRuleForms } from "../protocol/sender-rule.ts";
import type { Store } from "../store/store.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import { openPlatform, type Platform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { settledRules } from "./sender-list.ts";
import { readSettings } from "./settings.ts";
import { untilStopped } from "./stop.ts";

const usage = "senders list [--json] | allow RULE | remove RULE | pair";

/** The operator's list of whom assistants may hear and who may talk with the bot; there is no tool for it. */
export async function senders({ flags, options, words }: Invocation): Promise<number> {
  const [action, rule] = words;
  const platform = openPlatform(oneAccount(readSettings(flags, { log: "error" })));
  try {
    const store = platform.store();
    if (action === "list") list(platform, store, options.json === true);
    else if (action === "pair") await pair(store);
    else if (action === "allow" || action === "remove") change(store, action, rule);
    else throw new InputError("action", `there is no "${action}"`, { remedy: `Use: qq-skill ${usage}` });
    return exitCodes.ok;
  } finally {
    await platform.close();
  }
}

function list({ config }: Platform, store: Store, isJson: boolean): void {
  const settled = settledRules(config).map((rule) => ({ rule, from: config.senders ? "QQ_MCP_SENDERS" : "default" }));
  const kept = store.senders
    .list()
    .map(({ rule, addedAt, addedBy }) => ({ rule, from: addedBy, at: new Date(addedAt).toISOString() }));
  const rows = [...settled, ...kept];
  const waiting = store.senders.waiting().map(({ rule, code }) => `${rule}  (等待 / waits with ${code})\n`);
  const lines = [...rows.map(({ rule, from }) => `${rule}  (${from})\n`), ...waiting].join("");
  const nobody = `nobody: allow a rule (${senderRuleForms}), or use qq-skill senders pair\n`;
  process.stdout.write(isJson ? `${JSON.stringify(rows, null, 2)}\n` : lines || nobody);
}

function change(store: Store, action: "allow" | "remove", rule: string | undefined): void {
  if (rule === undefined || !isSenderRule(rule)) {
    throw new InputError("rule", `${rule ?? "nothing"} is no rule`, { remedy: `Give one of ${senderRuleForms}.` });
  }
  const isChanged = action === "allow" ? store.senders.allow(rule) : store.senders.remove(rule);
  const was = action === "allow" ? "was allowed already" : "was not in the list";
  process.stdout.write(isChanged ? `${action === "allow" ? "allowed" : "removed"}: ${rule}\n` : `${rule} ${was}\n`);
}

/** Prints a code and waits for it to come in, by whatever process holds the gateway; ending earlier keeps it valid. */
async function pair(store: Store): Promise<void> {
  // Before anybody can know the code.
  const [before, from] = [new Set(store.senders.list().map(({ rule }) => rule)), store.inbox.last()];
  const { code, expiresAt } = store.senders.openPairing();
  process.stdout.write(
    `${code}\n把它发给机器人（私聊，或在群里 @机器人），十分钟内有效 / send it to the bot within 10 minutes, in a private chat or by @ in a group.\n` +
      "An MCP server or a bot has to hear it: keep one connected. 等待中 / waiting …\n",
  );
  const stop = new AbortController();
  void untilStopped().then(() => stop.abort());
  const rule = await watch({ store, before, from, expiresAt }, stop.signal);
  process.stdout.write(rule === undefined ? "没有收到 / it did not come in\n" : `已允许 / allowed: ${rule}\n`);
}

const pollMs = 250;

interface Pairing {
  store: Store;
  /** Rules that were there already. */
  before: ReadonlySet<string>;
  from: number;
  expiresAt: number;
}

/** The rule that the code let in, seen by this process or by another one. */
async function watch({ store, before, from, expiresAt }: Pairing, signal: AbortSignal): Promise<string | undefined> {
  let paired: string | undefined;
  const gate: Senders = {
    rules: () => new Set(),
    pair(text, rule, at) {
      const isPaired = store.senders.pair(text, rule, at);
      if (isPaired) paired = rule;
      return isPaired;
    },
  };
  let cursor = from;
  while (systemClock.now() < expiresAt && !signal.aborted) {
    for (const event of store.inbox.list({ after: cursor, limit: 100 })) {
      judge(readEvent(event), gate);
      cursor = event.position;
    }
    paired ??= store.senders.list().find(({ rule, addedBy }) => addedBy === "pairing" && !before.has(rule))?.rule;
    if (paired !== undefined) return paired;
    await systemClock.sleep(pollMs, signal).catch(() => undefined);
  }
  return undefined;
}
