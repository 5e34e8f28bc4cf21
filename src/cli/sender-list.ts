import { apiBaseOf, isLoopback } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Senders } from "../operations/context.ts";
import type { Store } from "../store/store.ts";

/** The setting, or what goes without one: on a local QQ there are no strangers, on the real one nobody is let in yet. */
export function settledRules(config: Config): readonly string[] {
  return config.senders ?? (isLoopback(apiBaseOf(config)) ? ["*"] : []);
}

/** Whom assistants may hear: the setting and the operator's list, which other processes may change at any time. */
export function openSenders(config: Config, store: () => Store): Senders {
  const settled = settledRules(config);
  const isOpen = settled.includes("*");
  return {
    rules: () =>
      new Set(
        isOpen
          ? settled
          : [
              ...settled,
              ...store()
                .senders.list()
                .map(({ rule }) => rule),
            ],
      ),
    pair: (...message) => store().senders.pair(...message),
  };
}
