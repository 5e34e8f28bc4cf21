import type { Database } from "./database.ts";

export interface Note {
  /** From 1, in the order of writing; those behind a removed one move up. */
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
  /** Per person and conversation. */
  most: number;
}

export function createNotes({ database, appId, now, most }: NotesOptions): Notes {
  function rows(conversation: string, about: string): { position: number; text: string; at: number }[] {
    const sql =
      "SELECT position, text, at FROM note WHERE app_id = ? AND conversation = ? AND about = ? ORDER BY position";
    return database.all(sql, [appId, conversation, about]);
  }

  return {
    list: (conversation, about) =>
      rows(conversation, about).map(({ text, at }, index) => ({ number: index + 1, text, at })),
    add: (conversation, about, text) =>
      database.write(() => {
        const there = rows(conversation, about);
        if (there.some((note) => note.text === text)) return "known";
        if (there.length >= most) return "full";
        const sql = "INSERT INTO note (app_id, conversation, about, text, at) VALUES (?, ?, ?, ?, ?)";
        database.run(sql, [appId, conversation, about, text, now()]);
        return "added";
      }),
    remove: (conversation, about, number) =>
      database.write(() => {
        const gone = rows(conversation, about).filter((_, index) => number === undefined || index === number - 1);
        for (const { position } of gone) database.run("DELETE FROM note WHERE position = ?", [position]);
        return gone.length;
      }),
  };
}
