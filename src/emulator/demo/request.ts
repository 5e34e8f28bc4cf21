import { z } from "zod";

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const content = z.union([z.string(), z.array(part)]);
const call = z.looseObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
});
const message = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content }),
  z.looseObject({ role: z.literal("user"), content }),
  z.looseObject({
    role: z.literal("assistant"),
    content: content.nullish(),
    tool_calls: z.array(call).min(1).optional(),
  }),
  z.looseObject({ role: z.literal("tool"), tool_call_id: z.string().min(1), content }),
]);
const tool = z.looseObject({
  type: z.literal("function"),
  function: z.looseObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().optional(),
    parameters: z.looseObject({ type: z.literal("object") }).optional(),
  }),
});

/** The part of Chat Completions that the demo model reads; extra fields are allowed, as the real service grows some. */
export const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z.array(tool).min(1).optional(),
  tool_choice: z.union([z.enum(["none", "auto", "required"]), z.looseObject({ type: z.string() })]).optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});
export type ChatRequest = z.infer<typeof chatRequest>;
export type ChatMessage = ChatRequest["messages"][number];

/** What the server answers instead, in the service's error form. */
export interface RequestProblem {
  status: number;
  message: string;
  param: string | null;
  code: string | null;
}

/** Strict where the real service is strict, so that a client that works here works there. */
export function readChatRequest(body: unknown): { request: ChatRequest } | { problem: RequestProblem } {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue ? describePath(issue.path) : null;
    return refuse(`Invalid value for '${param ?? "body"}': ${issue?.message ?? "not valid"}.`, param);
  }
  const request = parsed.data;
  if (request.stream_options && !request.stream)
    return refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  if (request.tool_choice && !request.tools)
    return refuse("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
  return checkPairs(request.messages) ?? { request };
}

function describePath(path: readonly PropertyKey[]): string {
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : `${at > 0 ? "." : ""}${String(key)}`)).join("");
}

function refuse(message: string, param: string | null): { problem: RequestProblem } {
  return { problem: { status: 400, message, param, code: null } };
}

/** Every tool call is answered by exactly one tool message, before anybody else speaks. */
function checkPairs(messages: readonly ChatMessage[]): { problem: RequestProblem } | undefined {
  let open = new Set<string>();
  for (const [at, message] of messages.entries()) {
    const where = `messages[${at}]`;
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id))
        return refuse(
          `messages with role 'tool' must be a response to a preceding message with 'tool_calls' (${message.tool_call_id}).`,
          `${where}.tool_call_id`,
        );
      continue;
    }
    if (open.size > 0) return unanswered(open, where);
    if (message.role !== "assistant") continue;
    const calls = message.tool_calls ?? [];
    if (calls.length === 0 && !message.content && message.content !== "")
      return refuse("An assistant message needs 'content' or 'tool_calls'.", where);
    open = new Set(calls.map((item) => item.id));
    if (open.size < calls.length) return refuse("Duplicate tool call id.", `${where}.tool_calls`);
    for (const item of calls)
      if (!isObjectText(item.function.arguments))
        return refuse("'arguments' must be a JSON object.", `${where}.tool_calls`);
  }
  return open.size > 0 ? unanswered(open, "messages") : undefined;
}

function unanswered(open: ReadonlySet<string>, where: string): { problem: RequestProblem } {
  return refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Missing: ${[...open].join(", ")}.`,
    where,
  );
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // The caller reports it.
    return false;
  }
}
