/** Distance from the end at which somebody still counts as reading the newest. */
const nearPx = 80;
/** How long after a turn of the wheel, a touch, a key or a press a movement is somebody's own. */
const ownMs = 1000;

interface Position {
  top: number;
  height: number;
  viewHeight: number;
}

/**
 * Whether the newest should stay in view. Only a person moves up: what is above the end because content grew in the
 * meantime, or because rows turned out taller than expected, does not count.
 */
export class EndWatch {
  isFollowing = true;
  #lastTop = 0;
  #touchedAt = Number.NEGATIVE_INFINITY;

  /** Somebody has a hand on it; `now` in ms. */
  touched(now: number): void {
    this.#touchedAt = now;
  }

  moved({ top, height, viewHeight }: Position, now: number): void {
    if (height - top - viewHeight < nearPx) this.isFollowing = true;
    else if (top < this.#lastTop && now - this.#touchedAt < ownMs) this.isFollowing = false;
    this.#lastTop = top;
  }
}
