import { type Clock, systemClock } from "../core/clock.ts";
import { InputError, QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import type { OperationRow } from "../operations/row.ts";
import { complete } from "./completion.ts";
import type { DeskCall, FullDesk } from "./desk.ts";
import { followInbox, type Listener } from "./inbox.ts";
import { prefix } from "./names.ts";
import { fillPrompt, listPrompts, type Prompt, type PromptText } from "./prompts.ts";
import { familiesOf, familyPage } from "./reference.ts";
import {
  type Ask,
  inboxUri,
  isCommon,
  listResources,
  listTemplates,
  type Resource,
  type ResourceTemplate,
  type ResourceText,
  readResource,
  splitAccount,
} from "./resources.ts";
import type { ToolResult } from "./results.ts";
import type { Skill, Skills } from "./skills.ts";

/** Who reads. `account`: of which bot, when there are several. */
export interface Reader extends Pick<DeskCall, "client" | "signal"> {
  account?: string;
}

export interface Completion {
  /** A template's address or a prompt's name. */
  of: string;
  argument: string;
  /** What was typed so far. */
  value: string;
}

/** Everything that a client can read beside its tools. */
export interface Library {
  resources(): readonly Resource[];
  templates(): readonly ResourceTemplate[];
  /** undefined: nothing has that address. Throws QQError. */
  read(uri: string, reader: Reader): Promise<ResourceText | undefined>;
  /**
   * Calls back after changes that the reader may see, at most twice a second. undefined: it never changes by itself.
   * Throws QQError.
   */
  watch(uri: string, reader: Reader, onChange: () => void): Promise<(() => void) | undefined>;
  /** Hands over new events from now on, through the sender gate, until the returned function is called. */
  listen(client: string | undefined, listener: (account: string | undefined) => Listener): Promise<() => void>;
  prompts(): readonly Prompt[];
  /** undefined: there is no such prompt. Throws InputError for missing or unknown arguments. */
  prompt(name: string, values: Readonly<Record<string, string>>): PromptText | undefined;
  skills(): readonly Skill[];
  /** Best first; empty when there is nothing to offer. */
  complete(asked: Completion, reader: Reader): Promise<readonly string[]>;
}

export interface LibraryOptions {
  /** Answers the operations behind resources: with the same rights, checks and records as tool calls. */
  desk: FullDesk;
  operations: readonly OperationRow[];
  skills: Skills;
  /** Names of the bots when there are several: addresses then end in `?account=NAME`. */
  accounts?: readonly string[];
  contextFor(caller: Caller, account?: string): OperationContext | Promise<OperationContext>;
  clock?: Clock;
}

/** A burst of events is one change. */
const debounceMs = 500;

export function createLibrary(options: LibraryOptions): Library {
  const { desk, operations, skills, contextFor, accounts = [], clock = systemClock } = options;
  const ask: Ask = async (operation, input, { account, ...reader }) => {
    // Which bot explains an error code does not matter; any other address has to name one.
    const named = account ?? (isCommon(operation) ? accounts[0] : undefined);
    if (accounts.length > 0 && (named === undefined || !accounts.includes(named))) {
      const problem = named === undefined ? "does not say which bot" : `names no bot of ours: ${named}`;
      throw new InputError("uri", `the address ${problem}`, {
        remedy: `End it with ${accounts.map((name) => `?account=${name}`).join(" or ")}.`,
      });
    }
    const whole = { ...input, ...(named === undefined ? {} : { account: named }) };
    const result = await desk.call({ name: prefix + operation, input: whole, ...reader });
    if (!result) {
      throw new InputError("uri", `${operation}, which answers this address, is not allowed here`, {
        remedy: "The operator can allow it in the settings.",
      });
    }
    if (result.isError) throw refusal(result);
    return { data: result.structuredContent, text: result.content.map(({ text }) => text).join("\n") };
  };
  async function follow(reader: Reader, listener: Listener): Promise<() => void> {
    const { client, account } = reader;
    // Who may not read it is not told of changes either.
    await ask("list_events", { limit: 1 }, reader);
    return followInbox(await contextFor(desk.callerOf(client, account), account), listener);
  }

  return {
    resources: () => [...listResources(accounts), ...skills.resources()],
    templates: () => listTemplates(accounts),
    async read(uri, reader) {
      const { address, ...of } = splitAccount(uri);
      const doors = { ask, familyPage: (family: string) => familyPage(operations, family) };
      return skills.read(uri) ?? (await readResource(address, { ...reader, ...of }, doors));
    },
    async watch(uri, reader, onChange) {
      const { address, ...of } = splitAccount(uri);
      if (address !== inboxUri) return undefined;
      let cancel: (() => void) | undefined;
      const stop = await follow({ ...reader, ...of }, () => {
        cancel ??= clock.after(debounceMs, () => {
          cancel = undefined;
          onChange();
        });
      });
      return () => {
        stop();
        cancel?.();
      };
    },
    async listen(client, listener) {
      const reader: Reader = { client, signal: new AbortController().signal };
      const readers = accounts.length > 0 ? accounts.map((account): Reader => ({ ...reader, account })) : [reader];
      const stops = await Promise.all(readers.map((one) => follow(one, listener(one.account))));
      return () => {
        for (const stop of stops) stop();
      };
    },
    prompts: listPrompts,
    prompt: fillPrompt,
    skills: () => skills.list(),
    async complete(asked, reader) {
      // A prompt belongs to no bot in particular.
      if (accounts.length > 0 && listPrompts().some(({ name }) => name === asked.of)) return [];
      const { address, ...of } = splitAccount(asked.of);
      return complete({ ...asked, of: address }, { ...reader, ...of }, { ask, families: familiesOf(operations) });
    },
  };
}

/** What the tool would have answered, as a failure. */
function refusal({ content, structuredContent }: ToolResult): QQError {
  const { code, message, remedy, retryable } = isRecord(structuredContent.error) ? structuredContent.error : {};
  return new QQError(typeof code === "string" ? code : "bug", String(message ?? content[0]?.text), {
    ...(typeof remedy === "string" ? { remedy } : {}),
    retryable: retryable === true,
  });
}
