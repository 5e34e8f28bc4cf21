const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const invisible = /^[\p{M}\p{Cf}\p{Cc}]+$/u;
const narrowOnly = /^[\u0020-\u024f\n]*$/;
const graphemes = new Intl.Segmenter("zh", { granularity: "grapheme" });

/**
 * Columns that a text takes: CJK, full-width signs and emoji 2, control and joining characters 0, blanks and everything else 1. What
 * the reader sees as one sign (an emoji with its modifiers) counts once.
 */
export function displayWidth(text: string): number {
  if (narrowOnly.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += signWidth(segment);
  return width;
}

/**
 * The longest beginning that is at most `width` wide; never half a surrogate pair or half a sign. At least one sign, so that a
 * loop over the rest always ends.
 */
export function cutToWidth(text: string, width: number): string {
  if (narrowOnly.test(text)) return text.slice(0, Math.max(1, width));
  let taken = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    taken += signWidth(segment);
    if (taken > width && index > 0) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** At most `length` UTF-16 units, without a lone surrogate at the end. */
export function cutToLength(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Signs as a reader counts them. */
export function signCount(text: string): number {
  if (narrowOnly.test(text)) return text.length;
  let count = 0;
  for (const _ of graphemes.segment(text)) count++;
  return count;
}

function signWidth(sign: string): number {
  if (wide.test(sign)) return 2;
  if (/^\s/.test(sign)) return 1;
  return invisible.test(sign) ? 0 : 1;
}
