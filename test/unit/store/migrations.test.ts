import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { type Database, openDatabase } from "../../../src/store/database.ts";
import { migrate, migrations, versionOf } from "../../../src/store/migrations.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { afterTest, scratchFolder, scratchStore } from "./scratch.ts";

function open(path = ":memory:"): Database {
  const database = openDatabase(path);
  afterTest(() => database.close());
  return database;
}

const steps = [
  "CREATE TABLE person (name TEXT); INSERT INTO person VALUES ('xiao lin');",
  "ALTER TABLE person ADD COLUMN age INTEGER NOT NULL DEFAULT 18;",
  "UPDATE person SET age = age + 1;",
];

describe("migrate", () => {
  it("brings a fresh database to the newest version", () => {
    const database = open();
    migrate(database);
    expect(versionOf(database)).toBe(migrations.length);
  });

  it("keeps the account in every table and every primary key but row numbers", () => {
    const database = open();
    migrate(database);
    const tables = database
      .all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .map((row) => row.name);
    expect(tables.length).toBeGreaterThan(8);
    for (const table of tables) {
      const columns = database.all<{ name: string; pk: number }>(`SELECT name, pk FROM pragma_table_info('${table}')`);
      const key = columns.filter((column) => column.pk > 0).map((column) => column.name);
      expect(
        columns.map((column) => column.name),
        table,
      ).toContain("app_id");
      expect(key[0] === "position" || key[0] === "app_id", `${table}: ${key}`).toBe(true);
    }
  });

  it("goes on from any version and keeps what is there", () => {
    const database = open();
    migrate(database, steps.slice(0, 1));
    database.run("INSERT INTO person VALUES ('da wei')");
    migrate(database, steps.slice(0, 2));
    migrate(database, steps);
    migrate(database, steps);
    expect(versionOf(database)).toBe(3);
    expect(database.all<{ name: string; age: number }>("SELECT * FROM person").map((row) => ({ ...row }))).toEqual([
      { name: "xiao lin", age: 19 },
      { name: "da wei", age: 19 },
    ]);
  });

  it("gives the people of old lines their tags, and finds those lines by the ids in their keys", async () => {
    const path = join(scratchFolder(), "old.db");
    const database = open(path);
    migrate(
      database,
      migrations.slice(
        0,
        migrations.findIndex((step) => step.includes("CREATE TABLE speaker")),
      ),
    );
    const insert =
      "INSERT INTO history (app_id, conversation, key, role, speaker, text, at) VALUES ('1', 'group:1', ?, ?, ?, ?, ?)";
    database.run(insert, ["msg:M1", "user", "小林#AAAA1111", "hi", 1]);
    database.run(insert, ["said:B1,REFIDX_1", "assistant", null, "hello", 2]);
    const { history, speakers } = scratchStore({ path, appId: "1", clock: new FakeClock(3) });
    expect(history.recent("group:1", 9).map(({ speaker, text }) => [speaker, text])).toEqual([
      ["小林#1111", "hi"],
      [undefined, "hello"],
    ]);
    expect(await speakers.tagOf("group:1", "AAAA1111", ["小林"])).toBe("小林#1111");
    expect(["M1", "B1", "REFIDX_1"].map((ref) => history.find("group:1", ref)?.text)).toEqual(["hi", "hello", "hello"]);
  });

  it("leaves the database at the last whole step when one fails", () => {
    const database = open();
    const broken = [...steps.slice(0, 2), "UPDATE person SET age = 99; INSERT INTO nowhere VALUES (1);"];
    expect(() => migrate(database, broken)).toThrow("nowhere");
    expect(versionOf(database)).toBe(2);
    expect(database.get<{ age: number }>("SELECT age FROM person")?.age).toBe(18);
  });

  it("refuses the database of a newer program and says to update", () => {
    const path = join(scratchFolder(), "a.db");
    const newer = open(path);
    migrate(newer, steps);
    const attempt = () => migrate(open(path), steps.slice(0, 2));
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(expect.objectContaining({ remedy: expect.stringContaining("update") }));
    expect(versionOf(newer)).toBe(3);
  });
});
