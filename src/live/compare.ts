import { isRecord, type Json } from "../core/json.ts";
import type { LiveRecord } from "./record.ts";

export interface Difference {
  question: string;
  /** Inside what was seen, dotted. */
  fact: string;
  platform: Json | undefined;
  emulator: Json | undefined;
}

export interface Comparison {
  /** Questions that both answered. */
  compared: string[];
  differences: Difference[];
  /** Only one of the two has answered these. */
  open: { question: string; reason: string }[];
}

/** Holds what was seen of a platform against what is seen of the emulator. */
export function compareRecords(platform: LiveRecord, emulator: LiveRecord): Comparison {
  const comparison: Comparison = { compared: [], differences: [], open: [] };
  for (const { question, seen, not_asked } of platform.answers) {
    const own = emulator.answers.find((answer) => answer.question === question);
    if (!seen) comparison.open.push({ question, reason: `not asked of the platform: ${not_asked}` });
    else if (!own?.seen)
      comparison.open.push({ question, reason: `not asked of the emulator: ${own?.not_asked ?? "unknown"}` });
    else {
      comparison.compared.push(question);
      comparison.differences.push(...differencesOf(question, seen, own.seen));
    }
  }
  return comparison;
}

function differencesOf(question: string, platform: Json, emulator: Json, fact = ""): Difference[] {
  if (isRecord(platform) && isRecord(emulator)) {
    const names = [...new Set([...Object.keys(platform), ...Object.keys(emulator)])].sort();
    return names.flatMap((name) => {
      const [one, other] = [platform[name] as Json | undefined, emulator[name] as Json | undefined];
      const path = fact ? `${fact}.${name}` : name;
      if (one === undefined || other === undefined) return [{ question, fact: path, platform: one, emulator: other }];
      return differencesOf(question, one, other, path);
    });
  }
  if (Array.isArray(platform) && Array.isArray(emulator)) {
    const onlyThere = platform.filter((item) => !emulator.includes(item));
    const onlyHere = emulator.filter((item) => !platform.includes(item));
    if (onlyThere.length + onlyHere.length > 0) return [{ question, fact, platform: onlyThere, emulator: onlyHere }];
    return platform.length === emulator.length ? [] : [{ question, fact, platform, emulator }];
  }
  return platform === emulator ? [] : [{ question, fact, platform, emulator }];
}
