import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { escapePattern, isPattern } from "./pattern.ts";

const reference = /\$\{([\w.]+)\}/g;

/** What earlier steps kept: `${name}`, `${name.text}`. */
export class Variables {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** A copy of the value with every reference filled in. Throws InputError for one that nothing has kept. */
  fill<T>(value: T): T {
    return this.#fill(value) as T;
  }

  #fill(value: unknown): unknown {
    if (typeof value === "string") {
      const inPattern = isPattern(value);
      return value.replace(reference, (_, name: string) => {
        const kept = this.#values.get(name);
        if (kept === undefined) {
          const known = [...this.#values.keys()].join(", ") || "none";
          throw new InputError(name, `nothing has kept \${${name}}; kept are: ${known}`);
        }
        return inPattern ? escapePattern(kept) : kept;
      });
    }
    if (Array.isArray(value)) return value.map((item) => this.#fill(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.#fill(field)]));
  }
}
