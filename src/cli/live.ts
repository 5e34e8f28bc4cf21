import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { apiBaseOf } from "../config/load.ts";
import { ConfigError, InputError } from "../core/errors.ts";
import { type Asking, askAll, questions } from "../live/ask.ts";
import type { Question } from "../live/question.ts";
import { type LiveRecord, makeRecord } from "../live/record.ts";
import { fieldsOf, textOf } from "../protocol/fields.ts";
import { conversationOf } from "../protocol/place.ts";
import { type Conversation, conversationKey, parseConversationKey } from "../protocol/scenes.ts";
import { openHome } from "../store/home.ts";
import { acquireLock } from "../store/lock.ts";
import { readCredentials } from "./credentials.ts";
import type { Dialogue } from "./dialogue.ts";
import { exitCodes } from "./exit.ts";
import { openProbe } from "./live-probe.ts";
import type { Platform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { secretsOf } from "./settings.ts";
import { untilStopped } from "./stop.ts";
import { version } from "./version.ts";

const inviteMs = 90_000;
const paceMs = 1500;
const minuteMs = 60_000;

/**
 * Asks the platform, with the user's own bot, what this project could not confirm. Looks only after one yes; asks before
 * each thing that people would see, and never does one without a terminal or `--yes-send`. Leaves a record.
 */
export async function liveDoctor(platform: Platform, options: Invocation["options"]): Promise<number> {
  const { config, appId } = platform;
  const allowed = typeof options.yesSend === "string" ? targetIn(options.yesSend, "--yes-send") : undefined;
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY) && !options.json;
  const dialogue = isTerminal ? (await import("./dialogue.ts")).terminalDialogue : undefined;
  if (!dialogue && !options.yes && !allowed) {
    throw new InputError("--yes", "--live asks questions, and this is no terminal", {
      remedy: "Add --yes for the checks that only look; --yes-send TARGET also for those that write there.",
    });
  }
  const plan = `${questions.length} 个问题，只看不动的用 ${apiBaseOf(config)} 上的机器人 ${appId} / questions to the platform as bot ${appId}; nothing is sent without asking. 开始吗 / begin?`;
  if (dialogue && !options.yes && !(await dialogue.confirm(plan))) return exitCodes.failed;
  const target = allowed ?? (dialogue ? await askTarget(dialogue, config.home) : undefined);
  const path = resolve(typeof options.record === "string" ? options.record : usualPath(config.home));
  if (existsSync(path)) throw unwritable(path, "it exists");
  const stopped = new AbortController();
  void untilStopped().then(() => stopped.abort(leaving()));
  const lock = takeLock(platform);
  const probe = openProbe(platform, {
    ...{ target, inviteMs, signal: stopped.signal },
    invite: (where) => tell(inviteTo(where)),
    oldMessage: async () => (target ? oldMessage(platform, target) : undefined),
  });
  try {
    const answers = await askAll(questions, {
      ...{ probe, paceMs: probe.isReal ? paceMs : 0, sessionsHeld: lock.heldBy },
      signal: stopped.signal,
      async consent(question, where) {
        if (allowed) return conversationKey(allowed) === conversationKey(where);
        const answer = await dialogue?.confirm(askConsent(question, where));
        if (answer === undefined) stopped.abort(leaving());
        return answer === true;
      },
      ...(options.json ? {} : { onAnswer: printAnswer }),
    });
    const record = makeRecord({
      ...{ version: version(), at: new Date(), platform: new URL(apiBaseOf(config)).host, appId, answers },
      ...{ scene: target?.scene ?? null, hidden: [...secretsOf(config), appId, ...(target ? [target.id] : [])] },
    });
    write(path, record);
    if (options.json) process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    tell(`记录 / record: ${path}\n与模拟器比较 / hold it against the emulator: qq-skill emulator --compare ${path}`);
    return stopped.signal.aborted ? exitCodes.failed : exitCodes.ok;
  } finally {
    await probe.close();
    lock.release();
  }
}

function leaving(): InputError {
  return new InputError("stopped", "stopped by the user");
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function targetIn(text: string, field: string): Conversation {
  const target = parseConversationKey(text);
  if (target && (target.scene === "c2c" || target.scene === "group")) return target;
  throw new InputError(field, `${field} must be c2c:OPENID or group:OPENID`, {
    remedy: "Openids come with the bot's events: qq-skill call next_events, or the log of the bot.",
  });
}

/** undefined: nothing is sent. */
async function askTarget(dialogue: Dialogue, home: string): Promise<Conversation | undefined> {
  const owner = readCredentials(home)?.owner_openid;
  const hint = owner ? ` (c2c:${owner})` : "";
  const question = `也检查发消息吗？写 c2c:OPENID 或 group:OPENID，留空则不发 / also what sends? where to; empty: no${hint}`;
  const problem = (text: string) => {
    if (text === "") return undefined;
    try {
      targetIn(text, "target");
      return undefined;
    } catch (error) {
      return (error as InputError).message;
    }
  };
  const answer = await dialogue.ask(question, problem);
  return answer ? targetIn(answer, "target") : undefined;
}

function askConsent({ title, text, kind }: Question, target: Conversation): string {
  const what =
    kind === "hear" ? "请你给机器人发一条消息 / you write to the bot" : `发送并撤回 / sends and takes back: ${text}`;
  return `${title}\n${conversationKey(target)}: ${what}`;
}

function inviteTo({ scene }: Conversation): string {
  const where =
    scene === "group"
      ? "在那个群里 @ 机器人发一条消息 / mention the bot in that group"
      : "给机器人发一条私聊 / write to the bot";
  return `→ ${inviteMs / 1000} 秒内请${where} (within ${inviteMs / 1000} s)`;
}

/** A message of the target that this data folder has kept, between 5 and 60 minutes old. */
function oldMessage(platform: Platform, target: Conversation): string | undefined {
  const types = target.scene === "c2c" ? ["C2C_MESSAGE_CREATE"] : ["GROUP_AT_MESSAGE_CREATE", "GROUP_MESSAGE_CREATE"];
  const now = platform.clock.now();
  const fits = platform
    .store()
    .inbox.list({ types, limit: 1000 })
    .filter(({ receivedAt }) => now - receivedAt > 6 * minuteMs && now - receivedAt < 55 * minuteMs)
    .find((event) => {
      const place = conversationOf(event);
      return place && conversationKey(place) === conversationKey(target);
    });
  return fits ? textOf(fieldsOf(fits.data), "id") : undefined;
}

function takeLock({ config, appId }: Platform): { heldBy: string | undefined; release(): void } {
  try {
    const lock = acquireLock({ home: config.home, appId, owner: "qq-skill doctor --live" });
    return { heldBy: undefined, release: () => lock.release() };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { heldBy: `a bot runs here: ${error.message}`, release() {} };
  }
}

function usualPath(home: string): string {
  return join(openHome(home).path, `live-${new Date().toISOString().slice(0, 19).replace(/[^\d]/g, "")}.json`);
}

function write(path: string, record: LiveRecord): void {
  try {
    writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw unwritable(path, (error as NodeJS.ErrnoException).code ?? "unknown");
  }
}

function unwritable(path: string, reason: string): InputError {
  return new InputError("--record", `${path} cannot be written (${reason})`, {
    remedy: "Name a new file in a folder in which you may write.",
  });
}

const printAnswer: NonNullable<Asking["onAnswer"]> = (
  { title, assumed },
  { question, seen, notAsked, sent, recalled },
) => {
  const lines = [`${seen ? "✓" : "-"} ${question.padEnd(16)} ${title}`];
  lines.push(seen ? `    ${JSON.stringify(seen)}` : `    没有问 / not asked: ${notAsked}`);
  if (seen) lines.push(`    目前假定 / assumed: ${assumed}`);
  if (sent) lines.push(`    发出 ${sent} 条，撤回 ${recalled} 条 / sent, taken back`);
  process.stdout.write(`${lines.join("\n")}\n`);
};
