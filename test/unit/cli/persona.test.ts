import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPersona } from "../../../src/cli/persona.ts";
import { type Log, silentLog } from "../../../src/core/log.ts";
import { temporaryFolder } from "../../kit/processes.ts";

function open(config: Partial<Parameters<typeof openPersona>[0]>) {
  const told: string[] = [];
  const note = (_: unknown, message: string) => void told.push(message);
  const log = { ...silentLog, error: note, warn: note } as Log;
  const persona = openPersona({ persona: undefined, conversations: {}, ...config }, log);
  const inGroup = (id: string) => persona({ conversation: { scene: "group", id } });
  return { persona, inGroup, told };
}

function folderOf(files: Record<string, string>): string {
  const folder = join(temporaryFolder(), "persona");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Two edits within a tick of the file system's clock would look the same. */
let edits = 0;
function edit(path: string, text: string): void {
  writeFileSync(path, text);
  utimesSync(path, ++edits, edits);
}

describe("the persona", () => {
  it("is the built-in one without a file", () => {
    expect(open({}).inGroup("G")).toContain("helpful, friendly assistant");
  });

  it("of a folder is put together from what is for all, the scene and the conversation", () => {
    const folder = folderOf({
      "persona.md": "I am Xiao.",
      "group.md": "Be brief.",
      "group-G1.md": "Talk of tea.",
      "c2c.md": "-",
    });
    const { inGroup, persona, told } = open({ persona: folder });
    expect(inGroup("G1")).toBe("I am Xiao.\n\nBe brief.\n\nTalk of tea.");
    expect(inGroup("G2")).toBe("I am Xiao.\n\nBe brief.");
    expect(persona({ conversation: { scene: "dms", id: "D" }, guildId: "7" })).toBe("I am Xiao.");
    writeFileSync(join(folder, "guild-7.md"), "Guild 7.");
    expect(persona({ conversation: { scene: "dms", id: "D" }, guildId: "7" })).toBe("I am Xiao.\n\nGuild 7.");
    expect(told).toEqual([]);
  });

  it("may be named in the settings of a conversation, beside one file for all", () => {
    const folder = folderOf({ "all.md": "For all.", "tea.md": "For tea." });
    const conversations = { "group:G1": { persona: join(folder, "tea.md") } };
    const { inGroup } = open({ persona: join(folder, "all.md"), conversations });
    expect([inGroup("G1"), inGroup("G2")]).toEqual(["For all.\n\nFor tea.", "For all."]);
  });

  it("is read anew after an edit; one that is not good changes nothing and is told once", () => {
    const folder = folderOf({ "persona.md": "one" });
    const file = join(folder, "persona.md");
    const { inGroup, told } = open({ persona: file });
    edit(file, "two");
    expect(inGroup("G")).toBe("two");
    edit(file, "three {{whom}}");
    expect([inGroup("G"), inGroup("G")]).toEqual(["two", "two"]);
    expect(told).toEqual(["the persona was not changed: what was there before still counts"]);
    edit(file, "four {{ speaker }}");
    expect(inGroup("G")).toBe("four {{ speaker }}");
  });

  it("of a group that is deleted counts no more", () => {
    const folder = folderOf({ "persona.md": "one", "group-G.md": "two" });
    const { inGroup } = open({ persona: folder });
    expect(inGroup("G")).toBe("one\n\ntwo");
    rmSync(join(folder, "group-G.md"));
    expect(inGroup("G")).toBe("one");
  });

  it("with a variable that there is not is refused at start, with file and line", () => {
    const folder = folderOf({ "persona.md": "fine", "group-G.md": "one\ntwo {{spaeker}}" });
    expect(() => open({ persona: folder })).toThrow(/group-G\.md, line 2: there is no variable \{\{spaeker\}\}/);
    expect(() => open({ persona: join(folder, "none.md") })).toThrow(/none\.md cannot be read/);
  });

  it("for no place is told", () => {
    expect(open({ persona: folderOf({ "persona.md": "x", "groop.md": "y" }) }).told).toHaveLength(1);
  });
});
