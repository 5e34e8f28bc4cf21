import { InputError, QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { OperationRow } from "../operations/row.ts";
import { complete } from "./completion.ts";
import type { Desk, DeskCall } from "./desk.ts";
import { prefix } from "./names.ts";
import { fillPrompt, listPrompts, type Prompt, type PromptText } from "./prompts.ts";
import { familiesOf, familyPage } from "./reference.ts";
import {
  type Ask,
  listResources,
  listTemplates,
  type Resource,
  type ResourceTemplate,
  type ResourceText,
  readResource,
} from "./resources.ts";
import type { ToolResult } from "./results.ts";
import type { Skill, Skills } from "./skills.ts";

/** Who reads. */
export type Reader = Pick<DeskCall, "client" | "signal">;

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
  /** Calls back after each change that the reader may see; undefined: it never changes by itself. */
  watch(uri: string, client: string | undefined, onChange: () => void): (() => void) | undefined;
  prompts(): readonly Prompt[];
  /** undefined: there is no such prompt. Throws InputError for missing or unknown arguments. */
  prompt(name: string, values: Readonly<Record<string, string>>): PromptText | undefined;
  skills(): readonly Skill[];
  /** Best first; empty when there is nothing to offer. */
  complete(asked: Completion, reader: Reader): Promise<readonly string[]>;
}

export interface LibraryOptions {
  /** Answers the operations behind resources: with the same rights, checks and records as tool calls. */
  desk: Desk;
  operations: readonly OperationRow[];
  skills: Skills;
}

export function createLibrary({ desk, operations, skills }: LibraryOptions): Library {
  const ask: Ask = async (operation, input, reader) => {
    const result = await desk.call({ name: prefix + operation, input, ...reader });
    if (!result) {
      throw new InputError("uri", `${operation}, which answers this address, is not allowed here`, {
        remedy: "The operator can allow it in the settings.",
      });
    }
    if (result.isError) throw refusal(result);
    return { data: result.structuredContent, text: result.content.map(({ text }) => text).join("\n") };
  };
  return {
    resources: () => [...listResources(), ...skills.resources()],
    templates: listTemplates,
    read: async (uri, reader) =>
      skills.read(uri) ??
      (await readResource(uri, reader, { ask, familyPage: (family) => familyPage(operations, family) })),
    watch: () => undefined,
    prompts: listPrompts,
    prompt: fillPrompt,
    skills: () => skills.list(),
    complete: (asked, reader) => complete(asked, reader, { ask, families: familiesOf(operations) }),
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
