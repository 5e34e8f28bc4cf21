import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { type Database, openDatabase } from "../../../src/store/database.ts";
import { afterTest, scratchFolder } from "./scratch.ts";

function open(path = ":memory:"): Database {
  const database = openDatabase(path);
  afterTest(() => database.close());
  return database;
}

function openWithTable(path?: string): Database {
  const database = open(path);
  database.script("CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL)");
  return database;
}

const insert = (database: Database, text: string | null) => () =>
  database.run("INSERT INTO note (text) VALUES (?)", [text]);
const texts = (database: Database) =>
  database.all<{ text: string }>("SELECT text FROM note ORDER BY rowid").map((row) => row.text);

describe("group commit", () => {
  it("is on disk, for other connections too, once the promise resolves", async () => {
    const path = join(scratchFolder(), "a.db");
    const [writer, reader] = [openWithTable(path), open(path)];
    const written = writer.write(insert(writer, "one"));
    expect(texts(reader)).toEqual([]);
    await written;
    expect(texts(reader)).toEqual(["one"]);
  });

  it("keeps a write-ahead log that it brings to disk by itself", async () => {
    const database = open(join(scratchFolder(), "a.db"));
    expect(database.get<{ journal_mode: string }>("PRAGMA journal_mode")?.journal_mode).toBe("wal");
    expect(database.get<{ synchronous: number }>("PRAGMA synchronous")?.synchronous).toBe(1);
  });

  it("answers writes that wait for the disk with their own result or failure, in order", async () => {
    const database = openWithTable(join(scratchFolder(), "a.db"));
    const order: string[] = [];
    const outcomes = await Promise.allSettled([
      database.write(() => "safe", "power").finally(() => order.push("first")),
      database.write(() => {
        throw new Error("undone");
      }, "power"),
      database.write(() => "later", "power").finally(() => order.push("second")),
    ]);
    expect(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason.message)),
    ).toEqual(["safe", "undone", "later"]);
    expect(order).toEqual(["first", "second"]);
  });

  it("makes one transaction of everything queued in one tick, in order", async () => {
    const path = join(scratchFolder(), "a.db");
    const [writer, reader] = [openWithTable(path), open(path)];
    const seenByReader: number[] = [];
    const write = (text: string) =>
      writer.write(() => {
        insert(writer, text)();
        seenByReader.push(texts(reader).length);
      });
    await Promise.all([write("one"), write("two"), write("three")]);
    expect(seenByReader).toEqual([0, 0, 0]);
    expect(texts(reader)).toEqual(["one", "two", "three"]);
  });

  it("undoes and rejects a failing write alone", async () => {
    const database = openWithTable();
    const outcomes = await Promise.allSettled([
      database.write(insert(database, "before")),
      database.write(() => {
        insert(database, "half")();
        throw new Error("mine");
      }),
      database.write(insert(database, null)),
      database.write(insert(database, "after")),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(texts(database)).toEqual(["before", "after"]);
  });

  it("runs a write that was queued by a write's own continuation", async () => {
    const database = openWithTable();
    await database.write(insert(database, "one")).then(() => database.write(insert(database, "two")));
    expect(texts(database)).toEqual(["one", "two"]);
  });

  it("writes what is queued when it closes, and refuses what comes later", async () => {
    const path = join(scratchFolder(), "a.db");
    const database = openWithTable(path);
    const queued = database.write(insert(database, "last words"));
    database.close();
    await queued;
    expect(texts(open(path))).toEqual(["last words"]);
    await expect(database.write(() => 1)).rejects.toThrow("closed");
  });

  it("rejects the whole batch when the disk is full, and works again when there is room", async () => {
    const database = openWithTable();
    const pages = database.get<{ page_count: number }>("PRAGMA page_count")?.page_count ?? 0;
    database.script(`PRAGMA max_page_count = ${pages}`);
    const outcomes = await Promise.allSettled([
      database.write(insert(database, "small")),
      database.write(insert(database, "x".repeat(100_000))),
    ]);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(reasons.at(-1)).toBeInstanceOf(ConfigError);
    expect(reasons.at(-1)).toMatchObject({ setting: "QQ_SKILL_HOME", message: expect.stringContaining("full") });
    expect(texts(database)).toEqual(outcomes[0]?.status === "fulfilled" ? ["small"] : []);
    database.script(`PRAGMA max_page_count = ${pages + 1000}`);
    await database.write(insert(database, "y".repeat(100_000)));
    expect(texts(database).at(-1)).toHaveLength(100_000);
  });
});

describe("a database that another program holds", () => {
  function openHeld(patienceMs?: number) {
    const path = join(scratchFolder(), "a.db");
    const options = patienceMs === undefined ? {} : { patienceMs };
    const [writer, other] = [openDatabase(path, options), open(path)];
    afterTest(() => writer.close());
    writer.script("CREATE TABLE note (text TEXT NOT NULL)");
    other.script("BEGIN EXCLUSIVE");
    return { writer, release: () => other.script("COMMIT") };
  }

  it("holds up its writes, in order, and nothing else", async () => {
    const { writer, release } = openHeld();
    let ticks = 0;
    const beat = setInterval(() => {
      ticks++;
    }, 5);
    afterTest(() => clearInterval(beat));
    const order: string[] = [];
    const written = ["one", "two"].map((text) => writer.write(insert(writer, text)).then(() => order.push(text)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(order).toEqual([]);
    expect(texts(writer)).toEqual([]);
    expect(ticks).toBeGreaterThan(10);
    release();
    await Promise.all(written);
    expect(texts(writer)).toEqual(["one", "two"]);
    expect(order).toEqual(["one", "two"]);
  });

  it("is an error for a write that waited long enough, and works again by itself", async () => {
    const { writer, release } = openHeld(100);
    const refused = writer.write(insert(writer, "one"));
    await expect(refused).rejects.toMatchObject({ setting: "QQ_SKILL_HOME", retryable: true });
    await expect(refused).rejects.toThrow("busy");
    release();
    await writer.write(insert(writer, "two"));
    expect(texts(writer)).toEqual(["two"]);
  });
});

describe("transaction", () => {
  it("is all or nothing", () => {
    const database = openWithTable();
    const attempt = () =>
      database.transaction(() => {
        insert(database, "one")();
        throw new Error("no");
      });
    expect(attempt).toThrow("no");
    expect(texts(database)).toEqual([]);
  });

  it("inside another one undoes only itself", () => {
    const database = openWithTable();
    database.transaction(() => {
      insert(database, "outer")();
      expect(() =>
        database.transaction(() => {
          insert(database, "inner")();
          throw new Error("no");
        }),
      ).toThrow("no");
    });
    expect(texts(database)).toEqual(["outer"]);
  });
});

describe("opening", () => {
  it("names the setting when the folder does not exist", () => {
    const attempt = () => openDatabase(join(scratchFolder(), "missing", "a.db"));
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(expect.objectContaining({ setting: "QQ_SKILL_HOME", remedy: expect.any(String) }));
  });
});
