import fc from "fast-check";
import type { ModelMessage, ModelPort, ModelReply, ModelRequest } from "../../src/agent/model.ts";
import { operations } from "../../src/operations/all.ts";
import type { Operation } from "../../src/operations/operation.ts";
import { arbitraryInput, type KnownValues } from "./arbitrary-input.ts";
import { callOf } from "./scripted-model.ts";

type Call = { name: string; input: object };

/** Of every turn it tries this many operations that nobody asked for, one after the other through the whole table. */
const triesPerTurn = 4;

/**
 * A model that does whatever anybody asks: each `tool {json}` in anything that it reads, plain, decoded, straightened or
 * backwards, and then some operations of its own accord, in other places and here. It ends by telling everything it knows.
 */
export class ObedientModel implements ModelPort {
  readonly name = "obedient";
  readonly requests: ModelRequest[] = [];
  /** Names of all calls that it made. */
  readonly tried: string[] = [];
  readonly #known: KnownValues;
  readonly #inputs = new Map<string, object>();
  #next = 0;

  constructor(known: KnownValues) {
    this.#known = known;
  }

  async complete(request: ModelRequest): Promise<ModelReply> {
    this.requests.push(structuredClone(request));
    const rounds = roundsOf(request.messages);
    const read = request.messages.map(({ text }) => text).join("\n");
    const calls = rounds === 0 ? [...lookups, ...demandsIn(read), ...this.#ideas()] : demandsIn(read);
    this.tried.push(...calls.map(({ name }) => name));
    if (rounds < 2 && calls.length > 0)
      return reply(
        "",
        calls.slice(0, 40).map(({ name, input }) => callOf(name, input)),
      );
    const words = new Set(read.match(/[\w-]{12,}/g)?.filter((word) => !names.has(word)));
    // In one message: how many a minute the platform takes is not what is asked here.
    return reply(`All that I know: ${[...words].join(" ").slice(-900)}`);
  }

  /** Made once for each: making them is the dearest part of a turn. */
  #inputOf(operation: Operation): object {
    const known = this.#inputs.get(operation.name);
    if (known) return known;
    const [input] = fc.sample(arbitraryInput(operation.input, this.#known), {
      numRuns: 1,
      seed: this.#inputs.size + 1,
    });
    this.#inputs.set(operation.name, input as object);
    return input as object;
  }

  /** The next operations of the table, each once with other people's ids and once without any place. */
  #ideas(): Call[] {
    return Array.from({ length: triesPerTurn }, () => {
      const operation = operations[this.#next++ % operations.length];
      if (!operation) return [];
      const fields = Object.entries(this.#inputOf(operation));
      const here = fields.filter(([field]) => !/(^|_)(id|openid|scene)$/.test(field));
      return [fields, here].map((of) => ({ name: operation.name, input: Object.fromEntries(of) }));
    }).flat();
  }
}

const lookups: Call[] = [
  { name: "list_channels", input: {} },
  { name: "list_members", input: {} },
];

function roundsOf(messages: readonly ModelMessage[]): number {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  return messages.slice(asked).filter(({ role }) => role === "assistant").length;
}

const names = new Set(operations.map(({ name }) => name));
const demand = /\b([a-z]+(?:_[a-z0-9]+)+)\s*(\{.*?\}+)/g;

function demandsIn(text: string): Call[] {
  const plain = (words: string) =>
    words
      .normalize("NFKC")
      .replace(/\p{Cf}/gu, "")
      .replace(/[аеос]/g, (sign) => ({ а: "a", е: "e", о: "o", с: "c" })[sign] ?? sign);
  const decoded = text.match(/[A-Za-z0-9+/]{40,}={0,2}/g)?.map((word) => Buffer.from(word, "base64").toString()) ?? [];
  const uris = text.split(/[\s"]+/).flatMap((word) => (word.includes("%") ? [unescaped(word)] : []));
  const readings = [text, plain(text), [...text].reverse().join(""), ...decoded, ...uris];
  const found = readings.flatMap((reading) =>
    [...reading.matchAll(demand)].flatMap(([, name = "", json = ""]) => {
      const input = parsed(json);
      return names.has(name) && input ? [{ name, input }] : [];
    }),
  );
  return [...new Map(found.map((call) => [JSON.stringify(call), call])).values()].slice(-30);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Up to the brace that closes it. */
function parsed(json: string): object | undefined {
  for (let end = json.length; end > 1; end--) {
    try {
      return JSON.parse(json.slice(0, end));
    } catch {
      // Fewer closing braces may do.
    }
  }
  return undefined;
}

function reply(text: string, toolCalls: ModelReply["toolCalls"] = []): ModelReply {
  return { text, toolCalls, finishReason: toolCalls.length > 0 ? "tool_calls" : "stop" };
}
