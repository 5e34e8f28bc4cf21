import type { Database } from "./database.ts";

/** Something to be said or done later, once or again and again. */
export interface Reminder {
  /** Short, and unique within the bot: people type it. */
  id: string;
  /** Conversation key. */
  conversation: string;
  guildId?: string;
  /** Who asked for it, as the scene knows them; "" for the operator's own. */
  person: string;
  name?: string;
  /** What is said; with `thinks`, what the model is asked to do. */
  text: string;
  thinks: boolean;
  /** Only with it, it comes again. */
  cron?: string;
  timeZone: string;
  /** Epoch ms. */
  dueAt: number;
  /** Of the call that made it. */
  key?: string;
  /** Of the operator's own: what it may do. */
  right?: string;
}

export interface Reminders {
  /** Gives it an id unless it has one; what had that id is replaced. */
  add(reminder: Omit<Reminder, "id"> & { id?: string }): Promise<Reminder>;
  /** Those that are due, the longest due first. */
  due(now: number): Reminder[];
  /** When the next one is due. */
  next(): number | undefined;
  find(id: string): Reminder | undefined;
  /** By when they are due. `person` "": the operator's. */
  list(of?: { conversation?: string; person?: string }): Reminder[];
  /** Forgets this one, or moves it, unless it was changed meanwhile. */
  settle(reminder: Reminder, nextAt: number | undefined): Promise<void>;
  remove(id: string): Promise<boolean>;
}

interface Row {
  facts: string;
  due_at: number;
}

const dueAtOnce = 100;

export function createReminders({ database, appId }: { database: Database; appId: string }): Reminders {
  const read = ({ facts, due_at }: Row): Reminder => ({ ...(JSON.parse(facts) as Reminder), dueAt: due_at });
  const all = (where: string, params: (string | number)[]) =>
    database.all<Row>(`SELECT facts, due_at FROM reminder WHERE app_id = ? ${where}`, [appId, ...params]).map(read);

  /** The lowest free number: short to type, and never that of one which is still to come. */
  function freeId(): string {
    const rows = database.all<{ id: string }>("SELECT id FROM reminder WHERE app_id = ?", [appId]);
    const taken = new Set(rows.map(({ id }) => id));
    for (let number = 1; ; number++) if (!taken.has(`r${number}`)) return `r${number}`;
  }

  return {
    add: (given) =>
      database.write(() => {
        const reminder: Reminder = { ...given, id: given.id ?? freeId() };
        database.run(
          `INSERT INTO reminder (app_id, id, conversation, person, facts, due_at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET conversation = excluded.conversation, person = excluded.person, facts = excluded.facts,
             due_at = excluded.due_at`,
          [appId, reminder.id, reminder.conversation, reminder.person, JSON.stringify(reminder), reminder.dueAt],
        );
        return reminder;
      }, "power"),
    due: (now) => all(`AND due_at <= ? ORDER BY due_at, id LIMIT ${dueAtOnce}`, [now]),
    next() {
      const sql = "SELECT min(due_at) AS due_at FROM reminder WHERE app_id = ?";
      return database.get<{ due_at: number | null }>(sql, [appId])?.due_at ?? undefined;
    },
    find: (id) => all("AND id = ?", [id])[0],
    list({ conversation, person } = {}) {
      const wanted = Object.entries({ conversation, person }).filter(([, value]) => value !== undefined);
      const where = wanted.map(([name]) => `AND ${name} = ?`).join(" ");
      return all(
        `${where} ORDER BY due_at, id`,
        wanted.map(([, value]) => value as string),
      );
    },
    async settle({ id, dueAt }, nextAt) {
      await database.write(() => {
        const same = "app_id = ? AND id = ? AND due_at = ?";
        if (nextAt === undefined) database.run(`DELETE FROM reminder WHERE ${same}`, [appId, id, dueAt]);
        else database.run(`UPDATE reminder SET due_at = ? WHERE ${same}`, [nextAt, appId, id, dueAt]);
      });
    },
    remove: (id) =>
      database.write(() => database.run("DELETE FROM reminder WHERE app_id = ? AND id = ?", [appId, id]) > 0),
  };
}
