import { Tiktoken } from "js-tiktoken/lite";
import o200k from "js-tiktoken/ranks/o200k_base";

let encoder: Tiktoken | undefined;

/** Model tokens in the o200k vocabulary, as a client's model reads the text. */
export function countTokens(value: unknown): number {
  encoder ??= new Tiktoken(o200k);
  return encoder.encode(typeof value === "string" ? value : JSON.stringify(value)).length;
}
