import { createHash, randomInt } from "node:crypto";

/** Without letters and digits that look alike. */
const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
const code = /\bOWN-[A-Z0-9]{5}-[A-Z0-9]{5}\b/gi;

/** A code by which the operator makes somebody an owner of the bot: `OWN-7KQ2M-X9F3P`. */
export function newClaimCode(): string {
  const five = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
  return `OWN-${five()}-${five()}`;
}

/** What a code is known by once it was typed. */
export function claimDigest(text: string): string {
  return `claim-${createHash("sha256").update(text.toUpperCase()).digest("hex")}`;
}

/** A text in which digests stand in place of codes: whoever reads it can check a code, and nobody can use it. */
export function hideClaimCodes(text: string): string {
  return text.replace(code, claimDigest);
}
