import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ended, run, temporaryFolder } from "../kit/processes.ts";

const gateway = join(import.meta.dirname, "../fixtures/gateway.scenario.yaml");

/** An interpreter that has what requirements.txt asks for; undefined where there is none. */
const python = ["python3", "/usr/bin/python3"].find(
  (path) => spawnSync(path, ["-c", "import websockets"], { stdio: "ignore" }).status === 0,
);

async function scaffold(lang: string, ...more: string[]): Promise<{ home: string; folder: string; ended: Ended }> {
  const home = temporaryFolder();
  const ended = await run(["new", "bot", "--lang", lang, ...more], { home });
  expect(ended.code, ended.stderr).toBe(0);
  return { home, folder: join(home, "bot"), ended };
}

function play(folder: string, bot: string, ...files: string[]): Promise<Ended> {
  return run(["scenario", ...files, "--bot", bot], { home: folder });
}

describe("qq-skill new", () => {
  it("writes a small bot that is called as asked", async () => {
    const { folder, ended } = await scaffold("ts", "--name", "天气 Bot");
    const files = readdirSync(folder).sort();
    const expected = [".env.example", ".gitignore", "README.md", "bot.ts", "package.json", "qq.ts", "scenario.yaml"];
    expect(files).toEqual(expected);
    for (const file of files) expect(readFileSync(join(folder, file), "utf8"), file).not.toMatch(/__[A-Z]+__/);
    const { name, scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    expect({ name, test: scripts.test }).toEqual({ name: "bot", test: expect.stringContaining("qq-skill@") });
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("# 天气 Bot\n");
    expect(ended.stdout).toContain("npm test");
  });

  it("writes bots that pass their own scenarios, and what gateways do to them", async () => {
    const bots = { ts: `"${process.execPath}" bot.ts`, ...(python ? { python: `${python} bot.py` } : {}) };
    const plays = Object.entries(bots).map(async ([lang, bot]) => {
      const { folder } = await scaffold(lang);
      return Promise.all([play(folder, bot, "scenario.yaml"), play(folder, bot, gateway)]);
    });
    for (const [own, lines] of await Promise.all(plays)) {
      expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining("3/3 个场景通过") });
      expect(lines).toMatchObject({ code: 0, stdout: expect.stringContaining("2/2 个场景通过") });
    }
  });

  it("writes the one in Python whole", async ({ skip }) => {
    const { folder } = await scaffold("python", "--name", "天气 Bot");
    const files = [".env.example", ".gitignore", "README.md", "bot.py", "qq.py", "requirements.txt", "scenario.yaml"];
    expect(readdirSync(folder).sort()).toEqual(files);
    if (!python) return skip("not played: no python3 with the package websockets (Debian: python3-websockets)");
    const { status, stderr } = spawnSync(python, ["-m", "py_compile", "bot.py", "qq.py"], { cwd: folder });
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: "" });
  });

  it("has scenarios that a broken bot fails", async () => {
    const { folder } = await scaffold("ts");
    const [commands = ""] = readFileSync(join(folder, "scenario.yaml"), "utf8").split("---\n");
    const soon = commands.replace("expect: pong", "expect: { text: pong, within: 500ms }");
    writeFileSync(join(folder, "commands.yaml"), soon);
    const source = readFileSync(join(folder, "bot.ts"), "utf8");
    writeFileSync(join(folder, "bot.ts"), source.replace('() => "pong"', '() => "peng"'));
    const { code, stdout } = await play(folder, `"${process.execPath}" bot.ts`, "commands.yaml");
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ +6 {2}expect: \{ text: pong[^✓]*"peng" {2}\(another text\)/);
  });

  it("needs credentials and says which", async () => {
    const { folder } = await scaffold("ts");
    const { status, stderr } = spawnSync(process.execPath, ["bot.ts"], { cwd: folder, env: {}, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("QQ_BOT_APP_ID") });
  });

  it("touches nothing where something is wrong", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, "full"));
    writeFileSync(join(home, "full", "mine.txt"), "mine");
    const [full, file, lang, name] = await Promise.all([
      run(["new", "full"], { home }),
      run(["new", "full/mine.txt"], { home }),
      run(["new", "other", "--lang", "cobol"], { home }),
      run(["new", "other", "--name", 'x"; rm'], { home }),
    ]);
    expect([full, file, lang, name].map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(full.stderr).toContain("not empty (mine.txt)");
    expect(file.stderr).toContain("is a file");
    expect(lang.stderr).toContain("ts, python");
    expect(name.stderr).toContain("--name");
    expect(readdirSync(home)).toEqual(["full"]);
    expect(readdirSync(join(home, "full"))).toEqual(["mine.txt"]);
  });
});
