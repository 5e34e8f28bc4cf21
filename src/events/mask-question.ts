import type { Log } from "../core/log.ts";
import { closeCode } from "../protocol/close-codes.ts";
import { intentNames } from "../protocol/intents.ts";
import { quietly } from "./callbacks.ts";
import type { IntentSearch, KnownRefusal } from "./intent-search.ts";
import { stopError } from "./recovery.ts";

export interface MaskQuestionOptions {
  search: IntentSearch;
  log: Log;
  onKnown?: ((refusal: KnownRefusal) => void) | undefined;
}

/** One shard's part in the search: which mask it asked for, and what the answer means for it. */
export class MaskQuestion {
  readonly #options: MaskQuestionOptions;
  #asked: number;
  #reported: KnownRefusal;

  constructor(options: MaskQuestionOptions) {
    this.#options = options;
    this.#asked = options.search.mask;
    this.#reported = this.#found();
  }

  /** What the last identify asked for. */
  get asked(): number {
    return this.#asked;
  }

  /** What the next one will ask for. */
  get next(): number {
    return this.#options.search.mask;
  }

  get missing(): number {
    return this.#options.search.missing;
  }

  ask(): number {
    this.#asked = this.next;
    return this.#asked;
  }

  /** READY came. False while that is only an answer, and no session to stay with. */
  accept(isLast: boolean): boolean {
    const { search } = this.#options;
    search.accept(this.#asked, isLast);
    return search.isSettled && search.mask === this.#asked;
  }

  /** Throws when the platform says of every single intent that it is not granted. */
  refuse(code: number | undefined): void {
    const { search, log } = this.#options;
    const isHopeless = !search.refuse(this.#asked, code !== undefined);
    if (isHopeless && code !== undefined) throw stopError(closeCode(code), true);
    const facts = { refused: intentNames(this.#asked), next: intentNames(search.mask) };
    log.warn(facts, "the platform refuses these intents together; finding out which of them");
  }

  /** Once live: what is worth remembering goes out, and what a person should know comes back. */
  conclude(): string | undefined {
    const { log, onKnown } = this.#options;
    const found = this.#found();
    if (found.mask !== this.#reported.mask || found.askedAt !== this.#reported.askedAt) {
      this.#reported = found;
      quietly(log, "onIntentsKnown", () => onKnown?.(found));
    }
    if (found.mask === 0) return undefined;
    return `without intents that the platform refuses: ${intentNames(found.mask).join(", ")}`;
  }

  #found(): KnownRefusal {
    return { mask: this.#options.search.missing, askedAt: this.#options.search.askedAt };
  }
}
