import { z } from "zod";
import type { ToolResult } from "../agent/loop.ts";
import type { AgentTool } from "../agent/model.ts";
import { InputError, PermissionError, QQError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { redact } from "../core/redact.ts";
import { conversationKey } from "../protocol/scenes.ts";
import { callerOf, isAtLeast, type Right } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

/** A tool that is no operation of the platform: of the bot itself, or of another server. */
export interface OwnTool {
  tool: AgentTool;
  /** The least right of all who speak in the turn. */
  least: Right;
  /** Input fields that the audit log must not hold. */
  confidential?: readonly string[];
  /** `input` is an object, otherwise unchecked. May throw QQError, which is told to the model. */
  run(input: Record<string, unknown>, use: ToolUse): Promise<ToolResult>;
}

export interface ToolUse {
  scene: TurnScene;
  /** The same over every retry of the same call. */
  key: string;
  signal: AbortSignal;
}

interface OwnToolOptions<I extends z.ZodObject> {
  name: string;
  summary: string;
  least: Right;
  /** It changes nothing: several may run at once. Default: false. */
  isReadOnly?: boolean;
  /** Strict, every field described. */
  input: I;
  /** Fields that the audit log must not hold. */
  confidential?: readonly string[];
  /** What the model is told. */
  run(input: z.infer<I>, use: ToolUse): Promise<string>;
}

export function defineOwnTool<I extends z.ZodObject>(options: OwnToolOptions<I>): OwnTool {
  const { name, summary: description, least, isReadOnly = false, confidential = [], input: schema } = options;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: "input" });
  return {
    tool: { name, description, parameters, isReadOnly },
    ...{ least, confidential },
    async run(input, use) {
      const parsed = schema.safeParse(input);
      if (!parsed.success) {
        const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`);
        const field = String(parsed.error.issues[0]?.path[0] ?? "input");
        throw new InputError(field, `${name}: ${problems.join("; ")}`);
      }
      return { ok: true, content: await options.run(parsed.data, use) };
    },
  };
}

/** Several sources as one: another array only when one of them answers another. */
export function together(...sources: (() => readonly OwnTool[])[]): () => readonly OwnTool[] {
  let parts: (readonly OwnTool[])[] = [];
  let all: readonly OwnTool[] = [];
  return () => {
    const now = sources.map((source) => source());
    if (now.some((part, index) => part !== parts[index])) {
      parts = now;
      all = now.flat();
    }
    return all;
  };
}

/** Like the gate of operations: the right checked where the call happens, and every call in the audit. */
export async function callOwnTool(own: OwnTool, input: Record<string, unknown>, use: ToolUse): Promise<ToolResult> {
  const { bot, right, place, last } = use.scene;
  const { name } = own.tool;
  const { audit, caller } = bot.contextFor(callerOf({ right, place, replyTo: last.replyTo, key: use.key }));
  const record = (outcome: string) => {
    try {
      const scope = conversationKey(place.conversation);
      const shown = Object.entries(input).filter(([field]) => !own.confidential?.includes(field));
      const asked = redact(Object.fromEntries(shown)) as Json;
      audit.record({ at: bot.clock.now(), caller: caller.label, operation: name, scope, outcome, input: asked });
    } catch (error) {
      bot.log.error({ operation: name, error }, "the audit row could not be written");
    }
  };
  try {
    if (!isAtLeast(right, own.least)) throw notAllowed(name, own.least);
    const result = await own.run(input, use);
    record(result.ok ? "ok" : "failed");
    return result;
  } catch (error) {
    record(error instanceof QQError ? error.code : use.signal.aborted ? "cancelled" : "bug");
    throw error;
  }
}

function notAllowed(name: string, least: Right): PermissionError {
  return new PermissionError(least, `${name} is for ${least} people only`, {
    remedy: "Tell the person that it is not theirs to ask for here.",
  });
}
