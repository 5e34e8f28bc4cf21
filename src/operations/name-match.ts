import { InputError } from "../core/errors.ts";
import { isRecord, quoted } from "../core/json.ts";
import type { PlaceField } from "./place-fields.ts";

/** Something that has an id and is called something. */
export interface Candidate {
  id: string;
  names: readonly string[];
  /** What tells it from others of the same name. */
  note?: string;
}

export interface List {
  rows: readonly Candidate[];
  /** False: there are more than were read, so that a name may have a second owner. */
  isComplete: boolean;
}

/** Guilds, channels and roles carry `id` and `name`, people of guilds `user` and `nick`, of groups `member_openid`. */
export function candidate(row: Record<string, unknown>, note?: string): Candidate[] {
  const user = isRecord(row.user) ? row.user : {};
  const id = row.id ?? row.member_openid ?? user.id;
  if (typeof id !== "string") return [];
  const names = [row.name, row.nick, row.username, user.username].filter((name) => typeof name === "string");
  return [{ id, names: names.filter(Boolean), ...(note === undefined ? {} : { note }) }];
}

function plain(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

/** Exactly so, or else but for case, width and outer space, with or without # and @. The id itself wins. */
export function matches(rows: readonly Candidate[], text: string): readonly Candidate[] {
  const byId = rows.filter(({ id }) => id === text);
  if (byId.length > 0) return byId;
  const exact = rows.filter(({ names }) => names.includes(text));
  if (exact.length > 0) return exact;
  const wanted = [plain(text), plain(text).replace(/^[#@]\s*/, "")];
  return rows.filter(({ names }) => names.some((name) => wanted.includes(plain(name))));
}

/** The id of the one that the field names. Throws InputError with the candidates for none, several, or not enough known. */
export function pick({ kind, path, value }: PlaceField, { rows, isComplete }: List): string {
  const found = matches(rows, value);
  const [only] = found;
  if (only && found.length === 1 && (isComplete || only.id === value)) return only.id;
  const name = quoted(value);
  const better = kind === "channel" ? "Give the id, or GUILD/CHANNEL." : "Give the id.";
  if (only) {
    const reason =
      found.length > 1 ? `names ${found.length} of them` : "may name others too, there are too many to look at";
    throw new InputError(path, `${path}: ${kind} ${name} ${reason}: ${listed(found)}`, {
      expected: `an id, or a name that one ${kind} has`,
      remedy: `${better} If unsure which one is meant, ask.`,
    });
  }
  const close = rows.filter(({ names }) => names.some((one) => isClose(plain(one), plain(value))));
  const offered = close.length > 0 || kind === "member" ? close : rows;
  const hint = offered.length > 0 ? `; there is ${listed(offered)}` : "";
  throw new InputError(
    path,
    `${path}: no ${kind} is called ${name}${isComplete ? "" : " among those looked at"}${hint}`,
    {
      expected: `an id, or the name of a ${kind}`,
      remedy: isComplete ? `${better.slice(0, -1)}, or a name from the list of ${kind}s.` : better,
    },
  );
}

function isClose(name: string, text: string): boolean {
  return name !== "" && text !== "" && (name.includes(text) || text.includes(name));
}

const shownCandidates = 8;

function listed(rows: readonly Candidate[]): string {
  const shown = rows.slice(0, shownCandidates).map(({ id, names, note }) => {
    const called = names.map(quoted).join(" / ") || "nameless";
    return `${called} (id ${id}${note === undefined ? "" : `, ${note}`})`;
  });
  const left = rows.length - shown.length;
  return `${shown.join(", ")}${left > 0 ? `, and ${left} more` : ""}`;
}
