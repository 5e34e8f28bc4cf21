import type { Database } from "./database.ts";

export interface Note {
  /** From 1; it keeps its number when others go. */
  number: number;
  text: string;
  /** Epoch ms. */
  at: number;
}

/**
 * What was noted in a conversation about one person there (`about` = their id) or about the conversation itself (""). It
 * stays until somebody removes it, and is not seen from anywhere else.
 */
export interface Notes {
  /** Oldest first. */
  list(conversation: string, about: string): Note[];
  /** "known": the same text is there already; "full": so many are there already. */
  add(conversation: string, about: string, text: string): Promise<"added" | "known" | "full">;
  /** Without a number all of them; how many there were. */
  remove(conversation: string, about: string, number?: number): Promise<number>;
}

interface NotesOptions {
  database: Database;
  appId: string;
  now: () => number;
}

/** Per person and conversation. */
const most = 20;

export function createNotes({ database, appId, now }: NotesOptions): Notes {
  function list(conversation: string, about: string): Note[] {
    const sql = "SELECT number, text, at FROM note WHERE app_id = ? AND conversation = ? AND about = ? ORDER BY number";
    return database.all(sql, [appId, conversation, about]);
  }

  return {
    list,
    add: (conversation, about, text) =>
      database.write(() => {
        const there = list(conversation, about);
        if (there.some((note) => note.text === text)) return "known";
        if (there.length >= most) return "full";
        const number = (there.at(-1)?.number ?? 0) + 1;
        const sql = "INSERT INTO note (app_id, conversation, about, number, text, at) VALUES (?, ?, ?, ?, ?, ?)";
        database.run(sql, [appId, conversation, about, number, text, now()]);
        return "added";
      }),
    remove: (conversation, about, number) =>
      database.write(() => {
        const sql =
          "DELETE FROM note WHERE app_id = ? AND conversation = ? AND about = ? AND (? IS NULL OR number = ?)";
        return database.run(sql, [appId, conversation, about, number ?? null, number ?? null]);
      }),
  };
}
