import type { DialectName } from "../../src/agent/dialects.ts";

/** A Chat Completions request as it came over the wire. */
export interface ModelRequestBody {
  model: string;
  messages: WireMessage[];
  tools?: { type?: string; function: WireFunction }[];
  [field: string]: unknown;
}

interface WireMessage {
  role: string;
  /** Parts instead, where there are pictures. */
  content: string | null;
  tool_call_id?: string;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
  [field: string]: unknown;
}

interface WireFunction {
  name: string;
  description?: string;
  parameters: { type?: string; properties?: Record<string, unknown>; required?: string[] };
  [field: string]: unknown;
}

/** What one vendor refuses beyond what all do, as they and their users tell it. */
interface Vendor {
  fields: readonly string[];
  /** Of assistant messages. */
  messageFields?: readonly string[];
  /** A tool turn of a thinking model must bring its reasoning back, be it empty. */
  needsReasoning?: boolean;
}

const common = ["model", "messages", "stream", "tools", "tool_choice"];
const vendors: Readonly<Record<DialectName, Vendor>> = {
  openai: { fields: ["stream_options", "max_completion_tokens", "temperature", "reasoning_effort"] },
  deepseek: {
    fields: ["stream_options", "max_tokens", "temperature", "thinking"],
    messageFields: ["reasoning_content"],
    needsReasoning: true,
  },
  kimi: {
    fields: ["stream_options", "max_completion_tokens", "thinking"],
    messageFields: ["reasoning_content"],
    needsReasoning: true,
  },
  glm: { fields: ["max_tokens", "temperature", "thinking"], messageFields: ["reasoning_content"] },
  qwen: {
    fields: ["stream_options", "max_tokens", "temperature", "enable_thinking"],
    messageFields: ["reasoning_content"],
  },
  mistral: { fields: ["max_tokens", "temperature"] },
  groq: { fields: ["stream_options", "max_tokens", "temperature"] },
  ollama: { fields: ["stream_options", "max_tokens", "temperature"] },
  plain: { fields: ["stream_options", "max_tokens", "temperature"], messageFields: ["reasoning_content"] },
};

const toolName = /^[a-zA-Z0-9_-]{1,64}$/;

/** Everything for which a vendor would refuse the request; the first is what it would say. */
export function breachesOf(body: ModelRequestBody, vendorName: DialectName = "plain"): string[] {
  const vendor = vendors[vendorName];
  const found: string[] = [];
  const known = new Set([...common, ...vendor.fields]);
  for (const field of Object.keys(body)) if (!known.has(field)) found.push(`Unknown parameter: ${field}`);
  if (typeof body.model !== "string" || body.model === "") found.push("model is missing");
  checkTools(body, found);
  checkMessages(body, vendor, found);
  return found;
}

function checkTools({ tools }: ModelRequestBody, found: string[]): void {
  if (!tools) return;
  if (tools.length === 0) found.push("tools must not be empty");
  const names = new Set<string>();
  for (const { type, function: tool } of tools) {
    if (type !== "function") found.push(`tools: type ${type}`);
    if (!toolName.test(tool.name) || names.has(tool.name)) found.push(`tools: the name ${tool.name}`);
    names.add(tool.name);
    for (const field of Object.keys(tool))
      if (!["name", "description", "parameters"].includes(field)) found.push(`tools: unknown field ${field}`);
    const { type: kind, properties = {}, required = [] } = tool.parameters;
    if (kind !== "object") found.push(`${tool.name}: parameters are no object schema`);
    for (const name of required) if (!(name in properties)) found.push(`${tool.name}: ${name} required but not there`);
    if (JSON.stringify(tool.parameters).includes('"$schema"')) found.push(`${tool.name}: $schema`);
  }
}

function checkMessages({ messages }: ModelRequestBody, vendor: Vendor, found: string[]): void {
  let open: string[] = [];
  const ids = new Set<string>();
  for (const [at, message] of messages.entries()) {
    const { role } = message;
    const where = `messages[${at}] (${role})`;
    if (!["system", "user", "assistant", "tool"].includes(role)) found.push(`${where}: unknown role`);
    if ((role === "system") !== (at === 0)) found.push(`${where}: the system message must be first, and the only one`);
    if (role !== "tool" && open.length > 0) found.push(`${where}: no result for the tool calls ${open.join(", ")}`);
    if (role === "tool") {
      if (!open.includes(message.tool_call_id ?? "")) found.push(`${where}: answers no open tool call`);
      open = open.filter((id) => id !== message.tool_call_id);
    } else open = [];
    checkContent(message, where, found);
    const allowed = [
      "role",
      "content",
      ...fieldsOf(role),
      ...(role === "assistant" ? (vendor.messageFields ?? []) : []),
    ];
    for (const field of Object.keys(message))
      if (!allowed.includes(field)) found.push(`${where}: ${field} is unsupported`);
    if (!message.tool_calls) continue;
    if (message.tool_calls.length === 0) found.push(`${where}: empty tool_calls`);
    if (vendor.needsReasoning && typeof message.reasoning_content !== "string")
      found.push(`${where}: reasoning_content is missing in assistant tool call message`);
    for (const call of message.tool_calls) {
      open.push(call.id);
      if (call.id === "" || ids.has(call.id)) found.push(`${where}: the call id ${call.id} is empty or not unique`);
      ids.add(call.id);
      checkArguments(call.function, where, found);
    }
  }
  if (open.length > 0) found.push(`no result for the tool calls ${open.join(", ")}`);
  const last = messages.at(-1)?.role;
  if (last !== "user" && last !== "tool") found.push(`the last message is of ${last}`);
}

function fieldsOf(role: string): string[] {
  if (role === "assistant") return ["tool_calls"];
  return role === "tool" ? ["tool_call_id"] : [];
}

function checkContent(message: WireMessage, where: string, found: string[]): void {
  const { role, tool_calls: calls } = message;
  const content: unknown = message.content;
  if (Array.isArray(content)) {
    if (role !== "user" || content.length === 0) found.push(`${where}: content parts`);
    return;
  }
  if (typeof content !== "string") found.push(`${where}: content is no string`);
  else if (!content.isWellFormed()) found.push(`${where}: content is no Unicode`);
  else if (content.trim() === "" && !calls) found.push(`${where}: content is empty`);
}

function checkArguments(call: { name: string; arguments: string }, where: string, found: string[]): void {
  if (!toolName.test(call.name)) found.push(`${where}: calls "${call.name}"`);
  try {
    const input: unknown = JSON.parse(call.arguments);
    if (input === null || typeof input !== "object" || Array.isArray(input))
      found.push(`${where}: arguments no object`);
  } catch {
    found.push(`${where}: arguments are not JSON: ${call.arguments.slice(0, 80)}`);
  }
}
