import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { talkPolicies } from "../config/conversation-settings.ts";
import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { parsePerson } from "../protocol/person.ts";
import { openHome } from "../store/home.ts";

/** The bot that `qq-skill init` or a QR code bound to this data folder. */
export interface Credentials {
  app_id: string;
  app_secret: string;
  /** The person who scanned: an owner. */
  owner_openid?: string;
  /** What the person at the terminal chose; see QQ_BOT_TALK_PRIVATE, QQ_BOT_TALK_GROUPS. */
  talk_private?: TalkPolicy;
  talk_groups?: TalkPolicy;
}

export type TalkPolicy = (typeof talkPolicies)[number];

function pathIn(home: string): string {
  return join(home, "credentials.json");
}

/**
 * Only its owner can read the file (0600). What stood there before is kept as credentials.previous.json: the platform
 * cannot show a lost secret again. Answers the path. Throws ConfigError when the folder is not writable.
 */
export function saveCredentials(home: string, bot: Credentials): string {
  const path = pathIn(openHome(home).path);
  const fresh = writeBeside(path, bot);
  if (existsSync(path)) renameSync(path, join(openHome(home).path, "credentials.previous.json"));
  renameSync(fresh, path);
  return path;
}

/** Who may talk with the bot of this folder. */
export function saveTalkPolicy(home: string, policy: TalkPolicy): void {
  const bot = readCredentials(home);
  if (!bot) return;
  const path = pathIn(home);
  renameSync(writeBeside(path, { ...bot, talk_private: policy, talk_groups: policy }), path);
}

function writeBeside(path: string, bot: Credentials): string {
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify(bot, null, 2)}\n`, { mode: 0o600 });
  // The mode above counts for new files only.
  chmodSync(fresh, 0o600);
  return fresh;
}

/** Undefined when nothing is bound. Throws ConfigError for a file that is damaged. */
export function readCredentials(home: string): Credentials | undefined {
  const path = pathIn(home);
  if (!existsSync(path)) return undefined;
  try {
    const bot: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isCredentials(bot)) return bot;
  } catch {
    // The cause would quote the file, and with it the secret.
  }
  throw new ConfigError("QQ_SKILL_HOME", `${path} cannot be read, or holds no AppID and AppSecret`, {
    remedy: "Run `qq-skill init` again, or remove the file.",
  });
}

function isCredentials(bot: unknown): bot is Credentials {
  if (!isRecord(bot) || typeof bot.app_id !== "string" || !/^\d+$/.test(bot.app_id)) return false;
  return typeof bot.app_secret === "string" && bot.app_secret !== "";
}

/**
 * The weakest source of AppID and AppSecret, and only as a pair: a secret from elsewhere, or another AppID, leaves the
 * file out, with the owner and the policies that it holds.
 */
export function withCredentials(config: Config): Config {
  if (config.appSecret !== undefined) return config;
  const bound = readCredentials(config.home);
  if (!bound || (config.appId !== undefined && config.appId !== bound.app_id)) return config;
  const owner = parsePerson(bound.owner_openid ?? "");
  return {
    ...{ ...config, appId: bound.app_id, appSecret: bound.app_secret },
    owners: [...config.owners, ...(owner === undefined ? [] : [owner])],
    talkPrivate: config.talkPrivate ?? policyIn(bound.talk_private),
    talkGroups: config.talkGroups ?? policyIn(bound.talk_groups),
  };
}

/** Whatever else stands there, by a slip of an editor, must not open what was closed. */
function policyIn(found: TalkPolicy | undefined): TalkPolicy | undefined {
  return found === undefined || talkPolicies.includes(found) ? found : "off";
}
