import { isRecord } from "../core/json.ts";
import { hasRows } from "./concise.ts";
import { tokensOf } from "./size.ts";

/** As much of an answer as a model should read at once. */
export interface Portion {
  value: Record<string, unknown>;
  /** What was left out, and how to get it. */
  note?: string;
}

/** Where the rows begin that were not shown before. */
export interface Place {
  skip: number;
  /** Of the page that they are on; undefined: the first. */
  cursor?: string;
}

const mark = "rest:";

/**
 * The `cursor` of a list that we cut: how many rows of that page were shown, then the page's own cursor. Stateless, so
 * that it holds over a restart.
 */
export function readCursor(cursor: string): Place {
  const match = /^rest:(\d{1,6}):(.*)$/s.exec(cursor);
  if (!match) return { skip: 0, cursor };
  return { skip: Number(match[1]), ...(match[2] ? { cursor: match[2] } : {}) };
}

/** Only for reads: to see the rest, the same call is made again. */
export function portion(output: Record<string, unknown>, place: Place, budget: number): Portion {
  const [name, rows] = longestList(output);
  if (name === undefined || rows === undefined) return shortened(output, budget);
  const left = rows.slice(place.skip);
  const whole = { ...output, [name]: left };
  if (tokensOf(JSON.stringify(whole)) <= budget) return { value: whole };
  let room = budget - tokensOf(JSON.stringify({ ...output, [name]: [] })) - 100;
  const overflow = left.findIndex((row) => {
    room -= tokensOf(JSON.stringify(row)) + 1;
    return room < 0;
  });
  const kept = left.slice(0, overflow < 0 ? left.length : Math.max(1, overflow));
  const { next_cursor: _, ...facts } = output;
  const way = continued(output, kept, `${mark}${place.skip + kept.length}:${place.cursor ?? ""}`);
  const cut = shortened({ ...facts, [name]: kept, ...way.fields }, budget);
  const note = `${kept.length} of ${left.length} ${name} are shown: call again with cursor ${way.cursor} for the rest.`;
  return { value: cut.value, note: cut.note ? `${note} ${cut.note}` : note };
}

/** Rows that carry cursors of their own (events) go on after the last one that is shown. */
function continued(output: Record<string, unknown>, kept: readonly unknown[], rest: string) {
  const last = kept.at(-1);
  if (isRecord(last) && typeof last.cursor === "number" && typeof output.cursor === "number")
    return { fields: { cursor: last.cursor, has_more: true }, cursor: String(last.cursor) };
  return { fields: { next_cursor: rest }, cursor: `"${rest}"` };
}

function longestList(output: Record<string, unknown>): [string, unknown[]] | [] {
  const lists = Object.entries(output).filter((entry): entry is [string, unknown[]] => hasRows(entry[1]));
  return lists.sort((a, b) => b[1].length - a[1].length)[0] ?? [];
}

interface Step {
  text: number;
  rows: number;
  depth: number;
}

const steps: readonly Step[] = [
  { text: 2_000, rows: 200, depth: 20 },
  { text: 500, rows: 50, depth: 20 },
  { text: 100, rows: 10, depth: 4 },
  { text: 100, rows: 20, depth: 1 },
];

/** For what is no list, and for what must not be called again to see the rest: long texts and inner lists lose their ends until the rest fits. */
export function shortened(output: Record<string, unknown>, budget: number): Portion {
  if (tokensOf(JSON.stringify(output)) <= budget) return { value: output };
  let value = output;
  for (const step of steps) {
    value = cutEnds(output, step, 0) as Record<string, unknown>;
    if (tokensOf(JSON.stringify(value)) <= budget) break;
  }
  return { value, note: "Long texts and lists inside are cut (…)." };
}

function cutEnds(value: unknown, step: Step, depth: number): unknown {
  if (typeof value === "string" && value.length > step.text)
    return `${value.slice(0, step.text)}… (${value.length} characters)`;
  if (Array.isArray(value))
    return depth >= step.depth ? [] : value.slice(0, step.rows).map((item) => cutEnds(item, step, depth + 1));
  if (!isRecord(value)) return value;
  const fields = depth >= step.depth ? [] : Object.entries(value).slice(0, step.rows);
  return Object.fromEntries(fields.map(([key, field]) => [key.slice(0, step.text), cutEnds(field, step, depth + 1)]));
}
