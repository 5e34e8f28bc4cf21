/** Joiners, marks of direction, variation and fillers: they change a text without changing how it looks. */
const invisible = /[\p{Cf}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/gu;

/**
 * One sign as it is compared: full and half width, upper and lower case, accents and decoration make no difference.
 * Empty for what cannot be seen; may be longer than what it came from.
 */
export function plainSign(sign: string): string {
  // What most of a Chinese chat is made of.
  if (sign >= "\u4e00" && sign <= "\u9fff") return sign;
  if (sign < "\u0080") return sign.toLowerCase();
  return sign.normalize("NFKD").replace(invisible, "").toLowerCase();
}

export function plainText(text: string): string {
  return [...text].map(plainSign).join("");
}
