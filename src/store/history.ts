import type { Clock } from "../core/clock.ts";
import type { Database } from "./database.ts";
import type { Pruning } from "./pruning.ts";

/** One line of a conversation as the model may read it later. */
export interface HistoryEntry {
  /** Unique in its conversation: appending the same key again changes nothing. */
  key: string;
  role: "user" | "assistant" | "note";
  /** Their tag; see speakers.ts. */
  speaker?: string;
  /** Their id in that scene. */
  person?: string;
  text: string;
  /** Epoch ms. */
  at: number;
  /** Every id under which people may quote or recall it. Not told again. */
  refs?: readonly string[];
}

/** What was said, per conversation key (`group:<openid>`); conversations never see each other's lines. */
export interface History {
  append(conversation: string, entry: HistoryEntry): Promise<void>;
  /** The newest `limit` entries that no summary stands for, oldest first. */
  recent(conversation: string, limit: number): HistoryEntry[];
  /** What stands for all that was said before them; "" when that was cut away. */
  summary(conversation: string): string | undefined;
  /** Puts a text in the place of every entry up to the one with this key, and of the summary before. */
  summarise(conversation: string, upTo: string, text: string): Promise<void>;
  /** What was said there under an id that people quote by. */
  find(conversation: string, ref: string): HistoryEntry | undefined;
  /**
   * Removes what was said under an id, from the entries that quote it too, and every summary that may rest on it: what
   * the summary stood for is told by `recent` again. `mask` says what to replace in other entries.
   */
  recall(
    conversation: string,
    ref: string,
    mask: (entry: HistoryEntry) => { quote: string; by: string },
  ): Promise<void>;
  /** Entries and summary; the number of entries. */
  forget(conversation: string): Promise<number>;
}

interface HistoryRow {
  key: string;
  role: HistoryEntry["role"];
  speaker: string | null;
  person: string | null;
  text: string;
  at: number;
}

interface SummaryRow {
  text: string;
  /** Position of the newest entry that it stands for. */
  until: number;
  /** When the oldest of them was said. */
  since: number;
}

/** Entries kept per conversation; one append in so many clears the older ones away. */
const keptEntries = 500;
const pruneEvery = 50;

interface HistoryOptions {
  database: Database;
  appId: string;
  pruning: Pruning;
  clock: Clock;
  /** What is older is not told any more, whether it is cleared away already or not. */
  keepMs: number;
}

export function createHistory(options: HistoryOptions): History {
  return new SqliteHistory(options);
}

class SqliteHistory implements History {
  readonly #database: Database;
  readonly #appId: string;
  readonly #pruning: Pruning;
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #newest: NewestEntries;

  constructor({ database, appId, pruning, clock, keepMs }: HistoryOptions) {
    this.#database = database;
    this.#appId = appId;
    this.#pruning = pruning;
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#newest = new NewestEntries((conversation) => this.#load(conversation), database);
  }

  async append(conversation: string, entry: HistoryEntry): Promise<void> {
    if (!(await this.#database.write(() => this.#insert(conversation, entry)))) return;
    const { refs: _, ...told } = entry;
    this.#newest.add(conversation, told);
    this.#pruning.note();
  }

  recent(conversation: string, limit: number): HistoryEntry[] {
    const since = this.#since();
    return this.#newest
      .of(conversation)
      .entries.filter(({ at }) => at >= since)
      .slice(-limit);
  }

  summary(conversation: string): string | undefined {
    const { summary } = this.#newest.of(conversation);
    return summary && summary.since >= this.#since() ? summary.text : undefined;
  }

  async summarise(conversation: string, upTo: string, text: string): Promise<void> {
    await this.#database.write(() => {
      const last = this.#database.get<{ position: number }>(
        "SELECT position FROM history WHERE app_id = ? AND conversation = ? AND key = ?",
        [this.#appId, conversation, upTo],
      );
      if (!last) return;
      const earlier = this.#summaryRow(conversation);
      const first = this.#database.get<{ at: number }>(
        "SELECT min(at) AS at FROM history WHERE app_id = ? AND conversation = ? AND position > ? AND position <= ?",
        [this.#appId, conversation, earlier?.until ?? 0, last.position],
      );
      this.#database.run(
        "INSERT OR REPLACE INTO summary (app_id, conversation, text, until, since) VALUES (?, ?, ?, ?, ?)",
        [
          ...[this.#appId, conversation, text, last.position],
          Math.min(earlier?.since ?? Number.MAX_SAFE_INTEGER, first?.at ?? this.#clock.now()),
        ],
      );
    });
    this.#newest.drop(conversation);
  }

  find(conversation: string, ref: string): HistoryEntry | undefined {
    const row = this.#rowOf(conversation, ref);
    return row && row.at >= this.#since() ? entryOf(row) : undefined;
  }

  async recall(
    conversation: string,
    ref: string,
    mask: (entry: HistoryEntry) => { quote: string; by: string },
  ): Promise<void> {
    const place = [this.#appId, conversation];
    await this.#database.write(() => {
      const row = this.#rowOf(conversation, ref);
      const summary = this.#summaryRow(conversation);
      // A line that is not kept any more may live on in the summary.
      if (summary && (!row || row.position <= summary.until))
        this.#database.run("DELETE FROM summary WHERE app_id = ? AND conversation = ?", place);
      if (!row) return;
      this.#database.run("DELETE FROM history WHERE position = ?", [row.position]);
      const { quote, by } = mask(entryOf(row));
      const sql =
        "UPDATE history SET text = replace(text, ?, ?) WHERE app_id = ? AND conversation = ? AND instr(text, ?) > 0";
      this.#database.run(sql, [quote, by, ...place, quote]);
    });
    this.#newest.drop(conversation);
  }

  async forget(conversation: string): Promise<number> {
    const place = [this.#appId, conversation];
    const count = await this.#database.write(() => {
      this.#database.run("DELETE FROM summary WHERE app_id = ? AND conversation = ?", place);
      return this.#database.run("DELETE FROM history WHERE app_id = ? AND conversation = ?", place);
    });
    this.#newest.drop(conversation);
    return count;
  }

  #insert(conversation: string, { key, role, speaker, person, text, at, refs = [] }: HistoryEntry): boolean {
    const row = this.#database.get<{ position: number }>(
      `INSERT INTO history (app_id, conversation, key, role, speaker, person, text, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING RETURNING position`,
      [this.#appId, conversation, key, role, speaker ?? null, person ?? null, text, at],
    );
    if (!row) return false;
    for (const ref of refs) {
      const sql = "INSERT OR REPLACE INTO history_ref (app_id, conversation, ref, position) VALUES (?, ?, ?, ?)";
      this.#database.run(sql, [this.#appId, conversation, ref, row.position]);
    }
    // By the number of the row: nothing has to be counted per conversation, and the busy ones come up often.
    if (row.position % pruneEvery === 0) this.#prune(conversation);
    return true;
  }

  #prune(conversation: string): void {
    const place = [this.#appId, conversation];
    this.#database.run(
      `DELETE FROM history WHERE app_id = ? AND conversation = ? AND position <=
         (SELECT position FROM history WHERE app_id = ? AND conversation = ? ORDER BY position DESC LIMIT 1 OFFSET ?)`,
      [...place, ...place, keptEntries],
    );
  }

  #since(): number {
    return this.#clock.now() - this.#keepMs;
  }

  #load(conversation: string): Kept {
    const row = this.#summaryRow(conversation);
    // One that rests on what is too old is no longer told; neither is what it stood for, as far as that is too old, too.
    const summary = row && row.since >= this.#since() ? row : undefined;
    const rows = this.#database.all<HistoryRow>(
      `SELECT key, role, speaker, person, text, at FROM history WHERE app_id = ? AND conversation = ? AND position > ?
       ORDER BY position DESC LIMIT ?`,
      [this.#appId, conversation, summary?.until ?? 0, keptEntries],
    );
    return { entries: rows.reverse().map(entryOf), summary };
  }

  #summaryRow(conversation: string): SummaryRow | undefined {
    const sql = "SELECT text, until, since FROM summary WHERE app_id = ? AND conversation = ?";
    return this.#database.get<SummaryRow>(sql, [this.#appId, conversation]);
  }

  #rowOf(conversation: string, ref: string): (HistoryRow & { position: number }) | undefined {
    return this.#database.get(
      `SELECT h.position, h.key, h.role, h.speaker, h.person, h.text, h.at FROM history_ref AS r JOIN history AS h
         ON h.position = r.position WHERE r.app_id = ? AND r.conversation = ? AND r.ref = ?`,
      [this.#appId, conversation, ref],
    );
  }
}

function entryOf({ key, role, speaker, person, text, at }: HistoryRow): HistoryEntry {
  return { ...{ key, role, text, at }, ...(speaker !== null && { speaker }), ...(person !== null && { person }) };
}

interface Kept {
  entries: HistoryEntry[];
  summary: SummaryRow | undefined;
}

/** Entries in memory, over all conversations. */
const cachedEntries = 20_000;

/** Each turn reads the same lines again: those of the conversations that spoke last stay in memory. */
class NewestEntries {
  readonly #load: (conversation: string) => Kept;
  readonly #database: Database;
  /** In order of use. */
  readonly #kept = new Map<string, Kept>();
  #count = 0;
  #version = -1;

  constructor(load: (conversation: string) => Kept, database: Database) {
    this.#load = load;
    this.#database = database;
  }

  of(conversation: string): Kept {
    this.#noticeOthers();
    const known = this.#kept.get(conversation);
    this.drop(conversation);
    const kept = known ?? this.#load(conversation);
    this.#kept.set(conversation, kept);
    this.#count += kept.entries.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#count <= cachedEntries || oldest === conversation) break;
      this.drop(oldest);
    }
    return kept;
  }

  add(conversation: string, entry: HistoryEntry): void {
    const entries = this.#kept.get(conversation)?.entries;
    // Another reader may have loaded it between its commit and now.
    if (!entries || entries.some(({ key }) => key === entry.key)) return;
    entries.push(entry);
    this.#count++;
    if (entries.length <= keptEntries) return;
    entries.shift();
    this.#count--;
  }

  drop(conversation: string): void {
    this.#count -= this.#kept.get(conversation)?.entries.length ?? 0;
    this.#kept.delete(conversation);
  }

  /** Another process that wrote to the database may have written here. */
  #noticeOthers(): void {
    const version = this.#database.get<{ data_version: number }>("PRAGMA data_version")?.data_version ?? 0;
    if (version !== this.#version) {
      this.#kept.clear();
      this.#count = 0;
    }
    this.#version = version;
  }
}
