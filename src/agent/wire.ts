import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import type { Dialect } from "./dialects.ts";
import type { AgentTool, ModelMessage, ModelRequest } from "./model.ts";

/** What a request says besides its messages and tools. */
export interface Manner {
  model: string;
  dialect: Dialect;
  maxTokens?: number;
  temperature?: number;
  thinking?: "auto" | "off";
}

export function wireRequest(manner: Manner, request: ModelRequest): ChatCompletionCreateParamsStreaming {
  const { model, dialect, maxTokens, temperature, thinking } = manner;
  const tools = wireTools(request.tools);
  const isFixed = dialect.fixedSampling?.test(model) ?? false;
  return {
    model,
    messages: request.messages.map((message) => wireMessage(message, dialect)),
    stream: true,
    ...(dialect.asksForUsage ? { stream_options: { include_usage: true } } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    ...(maxTokens === undefined ? {} : { [dialect.limitField]: maxTokens }),
    ...(temperature === undefined || isFixed ? {} : { temperature }),
    ...(thinking === "off" ? dialect.quiet : {}),
  };
}

const wireToolsOf = new WeakMap<readonly AgentTool[], ChatCompletionTool[]>();

function wireTools(tools: readonly AgentTool[]): ChatCompletionTool[] {
  let wire = wireToolsOf.get(tools);
  if (!wire) {
    wire = tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: { name, description, parameters },
    }));
    wireToolsOf.set(tools, wire);
  }
  return wire;
}

function wireMessage(message: ModelMessage, dialect: Dialect): ChatCompletionMessageParam {
  // Half a surrogate pair, as people and cut texts bring them: servers that decode strictly refuse the whole request.
  const content = message.text.toWellFormed();
  if (message.role === "user" && message.images?.length) {
    const pictures = message.images.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }));
    return { role: "user", content: [{ type: "text", text: content }, ...pictures] };
  }
  if (message.role === "tool") return { role: "tool", tool_call_id: message.callId, content };
  if (message.role !== "assistant" || !message.toolCalls?.length)
    return { role: message.role as "system" | "user" | "assistant", content };
  return {
    role: "assistant",
    content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    })),
    // Not in the library's types.
    ...reasoningField(message.reasoning, dialect),
  };
}

function reasoningField(reasoning: string | undefined, dialect: Dialect): { reasoning_content?: string } {
  if (dialect.reasoning === "always") return { reasoning_content: reasoning ?? "" };
  return dialect.reasoning === "echo" && reasoning ? { reasoning_content: reasoning } : {};
}
