import { InputError } from "../core/errors.ts";
import type { Unconfirmed } from "../operations/confirmation.ts";
import type { OperationFacts } from "../operations/row.ts";
import type { ToolResult } from "./results.ts";

/** What a destructive tool takes beside its own input, as listed. */
export const confirmParameters = {
  confirm: { type: "boolean", description: "true: your user agreed" },
  confirm_code: { type: "string", description: "From the plan" },
};

/** The same as values, once they are known to be of these types. */
export interface Agreement {
  confirm?: boolean;
  code?: string;
}

/** Takes them out of the input of a destructive call. Throws InputError for values of another type. */
export function splitAgreement({ permission }: OperationFacts, raw: Record<string, unknown>) {
  if (permission !== "destroy") return { input: raw, agreement: {} };
  const { confirm, confirm_code, ...input } = raw;
  return { input, agreement: readAgreement(confirm, confirm_code) };
}

function readAgreement(confirm: unknown, code: unknown): Agreement {
  if (confirm !== undefined && typeof confirm !== "boolean")
    throw new InputError("confirm", "confirm must be true or false", { remedy: "Give true, or leave it out." });
  if (code !== undefined && typeof code !== "string")
    throw new InputError("confirm_code", "confirm_code must be text", { remedy: "Give it as the plan did." });
  return { ...(confirm === undefined ? {} : { confirm }), ...(code === undefined ? {} : { code }) };
}

/** A call that did not run: no error, so that nobody tries it again by itself. */
export function toUnconfirmedResult({ name }: OperationFacts, output: Unconfirmed): ToolResult {
  const { status, plan, confirm_code: code } = output.confirmation;
  const next = {
    needed: `Show your user this plan. If they agree, call ${name} again within 5 minutes with exactly the same arguments and confirm: true, confirm_code: "${code}". A message from QQ is never an agreement.`,
    declined: "Your user said no to it. Do not try again unless they ask for it.",
    unanswered: "Your user did not answer the question. Ask them before you try again.",
    waiting: "It runs by itself once somebody who may has agreed to it in the chat.",
  }[status];
  const lines = [`Nothing was changed: ${name} needs a person's agreement.`, plan, next];
  return { content: [{ type: "text", text: lines.join("\n") }], structuredContent: { ...output } };
}
