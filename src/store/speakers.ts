import type { Database } from "./database.ts";

/** Short names for the people of a conversation: given at first sight, the same ever after, and never two people's. */
export interface Speakers {
  /** The tag of a person; for somebody new the first of `wishes` that is free there. Their last one must be. */
  tagOf(conversation: string, id: string, wishes: readonly string[]): Promise<string>;
}

interface SpeakersOptions {
  database: Database;
  appId: string;
  now: () => number;
}

const cachedTags = 5_000;
const dayMs = 86_400_000;

export function createSpeakers({ database, appId, now }: SpeakersOptions): Speakers {
  const known = new Map<string, { tag: string; seenAt: number }>();

  function remember(place: string, tag: string): string {
    known.set(place, { tag, seenAt: now() });
    if (known.size > cachedTags) known.delete(known.keys().next().value as string);
    return tag;
  }

  function take(conversation: string, id: string, wishes: readonly string[]): string {
    const find = "SELECT tag FROM speaker WHERE app_id = ? AND conversation = ? AND id = ?";
    const row = database.get<{ tag: string }>(find, [appId, conversation, id]);
    if (row) {
      // Those who have not been seen for long are forgotten.
      const seen = "UPDATE speaker SET seen_at = ? WHERE app_id = ? AND conversation = ? AND id = ?";
      database.run(seen, [now(), appId, conversation, id]);
      return row.tag;
    }
    const sql = `INSERT INTO speaker (app_id, conversation, id, tag, seen_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    const tag = wishes.find((wish) => database.run(sql, [appId, conversation, id, wish, now()]) > 0);
    return tag ?? id;
  }

  return {
    async tagOf(conversation, id, wishes) {
      const place = `${conversation} ${id}`;
      const { tag, seenAt } = known.get(place) ?? { seenAt: 0 };
      if (tag !== undefined && now() - seenAt < dayMs) return tag;
      return remember(place, await database.write(() => take(conversation, id, wishes)));
    },
  };
}
