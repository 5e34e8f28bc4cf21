/** What the demo model decided: words, or calls. */
export type Move =
  | { say: string }
  | { call: readonly { name: string; input: Readonly<Record<string, unknown>> }[]; say?: string };

export interface Answer {
  id: string;
  created: number;
  model: string;
  move: Move;
  promptTokens: number;
}

interface WireCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

const pieceLength = 12;

function wireCalls(answer: Answer): WireCall[] {
  if (!("call" in answer.move)) return [];
  return answer.move.call.map(({ name, input }, index) => ({
    id: `call_${answer.id.slice(-12)}_${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
}

function usageOf(answer: Answer) {
  const calls = wireCalls(answer);
  const written = (answer.move.say?.length ?? 0) + (calls.length > 0 ? JSON.stringify(calls).length : 0);
  const completion = Math.max(1, Math.ceil(written / 3));
  return {
    prompt_tokens: answer.promptTokens,
    completion_tokens: completion,
    total_tokens: answer.promptTokens + completion,
  };
}

/** The whole answer as one `chat.completion` object. */
export function wholeAnswer(answer: Answer): object {
  const calls = wireCalls(answer);
  return {
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: answer.move.say ?? null,
          refusal: null,
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        logprobs: null,
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
      },
    ],
    usage: usageOf(answer),
  };
}

/** The same as server-sent events: role first, text and arguments in small pieces, the reason, usage when asked, `[DONE]`. */
export function* streamAnswer(answer: Answer, includeUsage: boolean): Generator<string> {
  const calls = wireCalls(answer);
  const chunk = (choices: object[], extra: object = {}) =>
    `data: ${JSON.stringify({
      ...{ id: answer.id, object: "chat.completion.chunk", created: answer.created, model: answer.model },
      choices,
      ...(includeUsage ? { usage: null } : {}),
      ...extra,
    })}\n\n`;
  const delta = (change: object, reason: string | null = null) =>
    chunk([{ index: 0, delta: change, logprobs: null, finish_reason: reason }]);
  yield delta({ role: "assistant", content: calls.length > 0 ? null : "" });
  for (const piece of piecesOf(answer.move.say ?? "")) yield delta({ content: piece });
  for (const [index, call] of calls.entries()) {
    yield delta({
      tool_calls: [{ index, id: call.id, type: call.type, function: { name: call.function.name, arguments: "" } }],
    });
    for (const piece of piecesOf(call.function.arguments))
      yield delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  yield delta({}, calls.length > 0 ? "tool_calls" : "stop");
  if (includeUsage) yield chunk([], { usage: usageOf(answer) });
  yield "data: [DONE]\n\n";
}

/** By whole characters: half a surrogate pair is no valid JSON text. */
function piecesOf(text: string): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += pieceLength)
    pieces.push(characters.slice(at, at + pieceLength).join(""));
  return pieces;
}
