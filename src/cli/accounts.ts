import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

export interface Account {
  /** undefined: the settings know one bot only, without a name. */
  name?: string;
  config: Config;
}

/** Every bot of the settings, or the one that `account` names. Throws ConfigError for a name that there is not. */
export function accountsOf(config: Config): readonly [Account, ...Account[]] {
  const { accounts, account } = config;
  const [first, ...others] = Object.entries(accounts ?? {});
  if (first === undefined) {
    if (account !== undefined) throw unknownAccount(account, []);
    return [{ config }];
  }
  if (config.appId !== undefined || config.appSecret !== undefined) {
    throw new ConfigError("QQ_BOT_ACCOUNTS", "QQ_BOT_ACCOUNTS is set, and QQ_BOT_APP_ID or QQ_BOT_APP_SECRET too", {
      remedy: "Keep one of the two ways: move that bot into the accounts, or remove them.",
    });
  }
  const bots = [first, ...others].map(([name, fields]) => ({ name, fields }));
  const asked = account === undefined ? bots : bots.filter(({ name }) => name === account);
  // Together they share a port.
  const ownPath = (name: string) => (asked.length > 1 ? `${config.webhookPath.replace(/\/$/, "")}/${name}` : undefined);
  const [one, ...more] = asked.map(({ name, fields }): Account => {
    const own = { ...fields, webhookPath: fields.webhookPath ?? ownPath(name) };
    return { name, config: { ...config, ...defined(own), account: name } };
  });
  if (one) return [one, ...more];
  throw unknownAccount(
    account ?? "",
    bots.map(({ name }) => name),
  );
}

/** For a command that works as one bot: with several, one has to be named. */
export function oneAccount(config: Config): Config {
  const [first, ...others] = accountsOf(config);
  if (others.length === 0) return first.config;
  const names = [first, ...others].map(({ name }) => name).join(", ");
  throw new ConfigError("QQ_BOT_ACCOUNT", `there are several bots: ${names}`, {
    remedy: "Name one with --account, or in QQ_BOT_ACCOUNT.",
  });
}

function unknownAccount(name: string, known: readonly string[]): ConfigError {
  const close = nearest(name, known);
  return new ConfigError("QQ_BOT_ACCOUNT", `there is no account "${name}"; known: ${known.join(", ") || "none"}`, {
    remedy:
      known.length === 0
        ? "Describe the bots in QQ_BOT_ACCOUNTS, or leave the account out."
        : `Give one of them${close.length > 0 ? `, such as ${close[0]}` : ""}.`,
  });
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
