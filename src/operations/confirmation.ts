import { createHash, randomUUID } from "node:crypto";
import { InputError, PermissionError } from "../core/errors.ts";
import { isRecord, type Json, quoted } from "../core/json.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { OperationContext } from "./context.ts";
import type { Operation } from "./operation.ts";

/** auto: a form where the client has them, else a code; form: only by a form; code: only by a code. */
export type ConfirmMode = "auto" | "form" | "code" | "off";

/** How a caller's destructive calls are confirmed, and what came with this one. */
export interface Confirmation {
  mode: Exclude<ConfirmMode, "off">;
  /** Shows the plan to the person at the client, with a box to tick. */
  ask?(plan: string): Promise<"ticked" | "declined" | "unanswered">;
  confirm?: boolean;
  code?: string;
}

/** Which calls of the bot's model wait for a person's word in the chat, and what is kept with them. */
export interface ChatApproval {
  isNeeded(operation: Operation, input: Record<string, unknown>): boolean;
  facts: Json;
}

/** The answer to a call that did not run, because nobody has agreed to it (yet). Nothing was changed. */
export interface Unconfirmed {
  confirmation: {
    status: "needed" | "declined" | "unanswered" | "waiting";
    plan: string;
    confirm_code?: string;
    /** waiting: the stored call, which runs by itself once somebody who may has agreed. */
    call_id?: string;
    expires_at?: string;
  };
}

export function isUnconfirmed(output: unknown): output is Unconfirmed {
  return isRecord(output) && isRecord(output.confirmation) && typeof output.confirmation.plan === "string";
}

const codeLifeMs = 5 * 60_000;
const callLifeMs = 10 * 60_000;

/**
 * null: go on. Otherwise the answer to a call that must not run: the person declined, or it waits for their word in the
 * chat, or a code was made for exactly these arguments, to come with the second call. Throws InputError for a code that does not fit, PermissionError
 * when only a form would do and the client has none.
 */
export async function confirm(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<Unconfirmed | null> {
  const { confirmation, approval } = context.caller;
  if (approval?.isNeeded(operation, input)) return inChat(operation, context, input, signal);
  if (operation.permission !== "destroy" || !confirmation) return null;
  const { mode, ask } = confirmation;
  if (mode === "form" && !ask) throw noForm(operation);
  if (ask && mode !== "code") return byForm(ask, await planOf(operation, context, input, signal));
  const subject = subjectOf(operation, context, input);
  if (confirmation.code !== undefined) {
    if (confirmation.confirm !== true) throw notSaid();
    const verdict = await context.approvals.use({ subject, code: confirmation.code });
    if (verdict === "granted") return null;
    throw wrongCode(operation, refusals[verdict]);
  }
  const plan = await planOf(operation, context, input, signal);
  const expiresAt = context.clock.now() + codeLifeMs;
  const code = await context.approvals.open({ subject, expiresAt });
  const expires_at = new Date(expiresAt).toISOString();
  return { confirmation: { status: "needed", plan, confirm_code: code, expires_at } };
}

async function byForm(ask: NonNullable<Confirmation["ask"]>, plan: string): Promise<Unconfirmed | null> {
  const answer = await ask(plan);
  return answer === "ticked" ? null : { confirmation: { status: answer, plan } };
}

/** Kept until somebody who may has agreed; the caller asks for it. */
async function inChat(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<Unconfirmed> {
  const { caller, clock, approvals } = context;
  const { approval, conversation, key = randomUUID() } = caller;
  if (!approval || !conversation) throw new Error("a call can wait for a word in a conversation only");
  const plan = await planOf(operation, context, input, signal);
  const { id, expiresAt } = await approvals.calls.ask({
    ...{ key, conversation: conversationKey(conversation), operation: operation.name },
    ...{ input: input as Json, facts: approval.facts },
    expiresAt: clock.now() + callLifeMs,
  });
  return { confirmation: { status: "waiting", plan, call_id: id, expires_at: new Date(expiresAt).toISOString() } };
}

/** Who wants to do exactly what, as a digest; ids are resolved and defaults filled in by now. */
function subjectOf(operation: Operation, { caller }: OperationContext, input: Record<string, unknown>): string {
  const text = JSON.stringify([caller.kind, caller.label, operation.name, sorted(input)]);
  return createHash("sha256").update(text).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]));
}

/** What would happen, for a person: names beside ids, how many, and whether it can be undone. */
async function planOf(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<string> {
  const names = await context.names.of(operation, context, input, signal);
  const shown = Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => `- ${field}: ${describe(operation.confidential.includes(field) ? "(secret)" : value)}`);
  return [
    `${operation.title}: ${operation.summary}`,
    ...shown,
    ...names.map(({ id, name, kind }) => `- ${kind} ${id} is called ${quoted(name)}`),
    operation.undo === undefined ? "It cannot be undone." : `To undo it: ${operation.undo}`,
  ].join("\n");
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `${value.length}: ${quoted(value)}` : quoted(value);
}

const refusals = {
  unknown: "is not the code of exactly this call",
  used: "was used already",
  expired: "has expired",
};

function wrongCode(operation: Operation, problem: string): InputError {
  return new InputError("confirm_code", `confirm_code ${problem}; nothing was changed`, {
    expected: "the code that the same call returned within the last 5 minutes; it works once, for the same arguments",
    remedy: `Call ${operation.name} again without confirm and confirm_code for a new plan, and ask your user.`,
  });
}

function notSaid(): InputError {
  return new InputError("confirm", "confirm_code needs confirm: true beside it; nothing was changed", {
    remedy: "Add confirm: true if your user agreed to the plan.",
  });
}

function noForm(operation: Operation): PermissionError {
  return new PermissionError(
    "confirmation",
    `${operation.name} must be confirmed by a person, and this client has no forms`,
    {
      remedy: "Tell your user: use a client with elicitation forms, or allow codes with QQ_MCP_CONFIRM=auto.",
    },
  );
}
