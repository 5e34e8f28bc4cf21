import { bitsByImportance } from "../protocol/intents.ts";

/** What earlier runs found out about one app. */
export interface KnownRefusal {
  /** Bits that the platform refused. */
  mask: number;
  /** When the platform was last asked for them; epoch ms. */
  askedAt: number;
}

/** Bits that are asked for together, most important first. */
interface Group {
  bits: readonly number[];
  /** The other half of a refused group turned out to be granted: this one holds the cause and is not asked as a whole. */
  holdsCause: boolean;
}

/** Refused bits are asked for again when a session has to be identified anyway and this long has passed. */
const askAgainMs = 24 * 3_600_000;

/**
 * Which of the wanted intents the platform grants. It refuses a mask as a whole and names no bit, and each question costs
 * a session start: so refused groups are halved until the bits that are to blame are found, and only these are left out.
 */
export class IntentSearch {
  readonly wanted: number;
  readonly #now: () => number;
  /** Granted, as far as is known. */
  #base = 0;
  /** Asked for on top of it just now. */
  #trial: readonly number[] = [];
  #waiting: Group[] = [];
  /** The trial is the first half of a refused group, the second is the last of those that wait. */
  #isFirstHalf = false;
  #refused = 0;
  #isSettled = false;
  #askedAt: number;
  /** `some`: a refusal came without a word about intents, so what it cost is asked for once more at the end. */
  #doubt: "none" | "some" | "cleared" = "none";
  /** Everything that is wanted has been asked for in this search. */
  #isWhole = false;

  constructor({ wanted, known, now }: { wanted: number; known?: KnownRefusal | undefined; now: () => number }) {
    this.wanted = wanted;
    this.#now = now;
    this.#askedAt = known?.askedAt ?? now();
    const refused = (wanted & (known?.mask ?? 0)) >>> 0;
    if (refused === 0 || refused === wanted) this.#begin();
    else [this.#base, this.#refused] = [wanted - refused, refused];
  }

  /** What to identify with next. */
  get mask(): number {
    return this.#base + this.#trial.reduce((mask, bit) => mask + 2 ** bit, 0);
  }

  /** The platform accepted `mask`, and nothing is left to ask. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Wanted bits that are left out. */
  get missing(): number {
    return this.wanted - this.mask;
  }

  /** When the platform was last asked for what is missing. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /** To be called before an identify: once a day the mask then holds again what was refused. */
  reconsider(): void {
    if (this.#trial.length > 0 || this.#refused === 0 || this.#now() - this.#askedAt < askAgainMs) return;
    this.#askAgain();
  }

  /**
   * READY came for this mask. `isLast`: no more session starts may be spent on questions. What is said of another mask
   * than the present one (by a shard that was slower) is ignored.
   */
  accept(mask: number, isLast: boolean): void {
    if (mask !== this.mask) return;
    const sibling = this.#isFirstHalf ? this.#waiting.at(-1) : undefined;
    if (sibling) sibling.holdsCause = true;
    if (this.#trial.length > 0) {
      this.#base = mask;
      this.#next();
    }
    if (isLast) [this.#refused, this.#trial, this.#waiting] = [this.wanted - this.#base, [], []];
    this.#isSettled = this.#trial.length === 0;
  }

  /**
   * The mask was refused; `isNamed`: with a close code that speaks of intents. False when everything has been refused:
   * the search then begins anew.
   */
  refuse(mask: number, isNamed: boolean): boolean {
    if (mask !== this.mask) return true;
    this.#isSettled = false;
    if (!isNamed && this.#doubt === "none") this.#doubt = "some";
    const bits = this.#trial.length > 0 ? this.#trial : bitsByImportance(this.#base);
    // Without a trial it is what was granted that is refused now: rights were withdrawn.
    if (this.#trial.length === 0) this.#base = 0;
    this.#divide(bits);
    if (this.mask > 0) return true;
    const isOver = this.#isWhole;
    this.#begin();
    return !isOver;
  }

  #begin(): void {
    [this.#base, this.#refused, this.#waiting] = [0, 0, []];
    this.#trial = bitsByImportance(this.wanted);
    [this.#isFirstHalf, this.#doubt, this.#isWhole] = [false, "none", true];
    this.#askedAt = this.#now();
  }

  #divide(bits: readonly number[]): void {
    const [only, ...others] = bits;
    if (only !== undefined && others.length === 0) {
      this.#refused += 2 ** only;
      this.#next();
      return;
    }
    const half = Math.ceil(bits.length / 2);
    this.#waiting.push({ bits: bits.slice(half), holdsCause: false });
    this.#trial = bits.slice(0, half);
    this.#isFirstHalf = true;
  }

  #next(): void {
    const group = this.#waiting.pop();
    if (group?.holdsCause) {
      this.#divide(group.bits);
      return;
    }
    [this.#trial, this.#isFirstHalf] = [group?.bits ?? [], false];
    if (group || this.#base === 0 || this.#refused === 0 || this.#doubt !== "some") return;
    this.#askAgain();
    this.#doubt = "cleared";
  }

  #askAgain(): void {
    this.#trial = bitsByImportance(this.#refused);
    this.#refused = 0;
    [this.#isFirstHalf, this.#doubt, this.#isSettled] = [false, "none", false];
    this.#askedAt = this.#now();
  }
}
