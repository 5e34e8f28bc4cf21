/**
 * The two positions inside a session: what has been received (heartbeats name it) and what is settled, the highest
 * sequence below which every event has been durably accepted (a resume begins after it, so that nothing is skipped).
 */
export class SeqCursor {
  #received: number | null = null;
  #restored: number | null = null;
  #pending = new Map<number, number>();
  #generation = 0;

  get received(): number | null {
    return this.#received;
  }

  /** Null before the first event of a session. */
  get settled(): number | null {
    let settled = this.#received;
    for (const seq of this.#pending.keys()) if (settled !== null && seq <= settled) settled = seq - 1;
    // An event below the start, sent out of order, does not move it back: it was there before us.
    if (this.#restored !== null && (settled === null || settled < this.#restored)) return this.#restored;
    return settled;
  }

  /** A new session, or one restored at `seq`. Settlements of the one before no longer count. */
  begin(seq: number | null): void {
    this.#generation++;
    this.#pending.clear();
    this.#received = seq;
    this.#restored = seq;
  }

  /** Frames that need no acceptance. */
  receive(seq: number): void {
    if (this.#received === null || seq > this.#received) this.#received = seq;
  }

  /** Received, and unsettled until the returned function has been called (once; more do nothing). */
  track(seq: number): () => void {
    this.receive(seq);
    this.#pending.set(seq, (this.#pending.get(seq) ?? 0) + 1);
    const generation = this.#generation;
    let isSettled = false;
    return () => {
      if (isSettled || generation !== this.#generation) return;
      isSettled = true;
      const left = (this.#pending.get(seq) ?? 1) - 1;
      if (left > 0) this.#pending.set(seq, left);
      else this.#pending.delete(seq);
    };
  }
}
