/** One call that the model wants made. `arguments` is the text it wrote: meant to be a JSON object, not yet checked. */
export type ToolCall = { id: string; name: string; arguments: string };

/** A picture as the model takes it: a `data:` URL, or an https address that its server can reach. */
export type ModelImage = { url: string };

/** What a provider must keep between calls: hidden reasoning goes back only beside the tool calls it led to. */
export type ModelMessage =
  | { role: "system"; text: string }
  /** The text says what each picture is: it must do where the model cannot see. */
  | { role: "user"; text: string; images?: readonly ModelImage[] }
  | { role: "assistant"; text: string; toolCalls?: readonly ToolCall[]; reasoning?: string }
  | { role: "tool"; callId: string; text: string };

/** A function on offer. `parameters` is a JSON Schema of type object. */
export interface AgentTool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  /** Changes nothing: such calls of one reply run at the same time. */
  isReadOnly?: boolean;
}

export interface ModelRequest {
  messages: readonly ModelMessage[];
  /** Keep the same array for the same set: adapters cache its translation by identity. */
  tools: readonly AgentTool[];
}

export type TokenUsage = { inputTokens: number; outputTokens: number };

/** Of a million tokens, in any currency. */
export interface Price {
  input: number;
  output: number;
}

/** JSON throughout, so that a durable step can store it. */
export type ModelReply = {
  /** What the person may read: no reasoning in it. */
  text: string;
  toolCalls: ToolCall[];
  /** Absent where the server does not count. */
  usage?: TokenUsage;
  finishReason: "stop" | "tool_calls" | "length" | "content_filter" | "other";
  reasoning?: string;
};

/** Told of the answer so far, without reasoning, while it is written. Must not throw. */
export type OnText = (text: string) => void;

/** Any chat model with function calls. */
export interface ModelPort {
  readonly name: string;
  /** False once it is known that pictures are lost on it. Absent: not known. */
  seesImages?(): boolean;
  /** Without it its calls cost nothing. */
  readonly price?: Price;
  /** One attempt, no retries. Throws ModelError, or the signal's reason when aborted. */
  complete(request: ModelRequest, signal?: AbortSignal, onText?: OnText): Promise<ModelReply>;
}
