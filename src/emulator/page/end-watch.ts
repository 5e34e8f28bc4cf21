/** Distance from the end at which somebody still counts as reading the newest. */
const nearPx = 80;

interface Position {
  top: number;
  height: number;
  viewHeight: number;
}

/**
 * Whether the newest should stay in view. Only a person moves up: what is above the end because content grew in the
 * meantime does not count.
 */
export class EndWatch {
  isFollowing = true;
  #lastTop = 0;

  moved({ top, height, viewHeight }: Position): void {
    if (height - top - viewHeight < nearPx) this.isFollowing = true;
    else if (top < this.#lastTop) this.isFollowing = false;
    this.#lastTop = top;
  }
}
