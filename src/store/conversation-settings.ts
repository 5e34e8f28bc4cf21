import type { Json } from "../core/json.ts";
import type { Database } from "./database.ts";

/** What was set for a conversation while the bot ran: by name, known to every process and after a restart. */
export interface ChosenSettings {
  of(conversation: string): Record<string, Json>;
  /** undefined takes the choice back. */
  choose(conversation: string, name: string, value: Json | undefined): Promise<void>;
}

interface ChosenSettingsOptions {
  database: Database;
  appId: string;
}

export function createChosenSettings({ database, appId }: ChosenSettingsOptions): ChosenSettings {
  return {
    of(conversation) {
      const rows = database.all<{ name: string; value: string }>(
        "SELECT name, value FROM conversation_setting WHERE app_id = ? AND conversation = ?",
        [appId, conversation],
      );
      return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as Json]));
    },
    choose(conversation, name, value) {
      return database.write(() => {
        if (value === undefined) {
          const sql = "DELETE FROM conversation_setting WHERE app_id = ? AND conversation = ? AND name = ?";
          database.run(sql, [appId, conversation, name]);
        } else
          database.run(
            "INSERT OR REPLACE INTO conversation_setting (app_id, conversation, name, value) VALUES (?, ?, ?, ?)",
            [appId, conversation, name, JSON.stringify(value)],
          );
      });
    },
  };
}
