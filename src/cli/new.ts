import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { exitCodes } from "./exit.ts";
import { packageRoot } from "./package-root.ts";
import type { Invocation } from "./program.ts";
import { version } from "./version.ts";

/** What a new bot can be written in, and how it is started and checked. */
const languages: Readonly<Record<string, { setUp: readonly string[]; start: string; check: string }>> = {
  ts: { setUp: [], start: "npm start", check: "npm test" },
  python: {
    setUp: ["python3 -m venv .venv && . .venv/bin/activate && pip install -r requirements.txt"],
    start: "python3 bot.py",
    check: `npx -y qq-skill@${version()} scenario scenario.yaml --bot "python3 bot.py"`,
  },
};

/** Writes a small bot into a new or empty folder; nothing at all when something is wrong. */
export async function newBot({ options, words }: Invocation): Promise<number> {
  const [folder = ""] = words;
  const target = resolve(folder);
  const lang = String(options.lang ?? "ts");
  const language = Object.hasOwn(languages, lang) ? languages[lang] : undefined;
  if (!language) {
    throw new InputError("--lang", `--lang ${lang}: there is no such language`, {
      remedy: `Use one of ${Object.keys(languages).join(", ")}.`,
    });
  }
  checkEmpty(target);
  const name = checkedName(typeof options.name === "string" ? options.name : basename(target));
  const names: Record<string, string> = { NAME: name, SLUG: slugOf(name), VERSION: version() };
  const fill = (text: string) => text.replace(/__(NAME|SLUG|VERSION)__/g, (_, key: string) => names[key] ?? "");
  const files = filesOf(lang).map(({ path, text }) => ({ path, text: fill(text) }));
  try {
    mkdirSync(target, { recursive: true });
    // Never over a file that somebody put there meanwhile.
    for (const { path, text } of files) writeFileSync(join(target, path), text, { flag: "wx" });
  } catch (error) {
    throw new InputError("dir", `${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
      remedy: "Choose a folder in which you may write.",
    });
  }
  const lines = [
    `${name}: ${files.length} 个文件 / files in ${folder}`,
    ...["", `  cd ${folder}`, ...language.setUp.map((line) => `  ${line}`)],
    `  ${language.check}   # 在本地 QQ 上跑场景测试，不需要账号 / plays its scenarios, no account needed`,
    `  ${language.start}   # 填好 .env 之后上线 / goes live once .env is filled in`,
    "",
  ];
  process.stdout.write(lines.join("\n"));
  return exitCodes.ok;
}

function checkEmpty(target: string): void {
  if (!existsSync(target)) return;
  if (!statSync(target).isDirectory()) throw new InputError("dir", `${target} is a file, not a folder`);
  const found = readdirSync(target);
  if (found.length === 0) return;
  throw new InputError(
    "dir",
    `${target} is not empty (${found.slice(0, 3).join(", ")}${found.length > 3 ? ", …" : ""})`,
    {
      remedy: "Name a new folder: nothing of yours is overwritten.",
    },
  );
}

/** It stands in code, JSON and YAML: no quotes, no line ends. */
function checkedName(name: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,39}$/u.test(name)) return name;
  throw new InputError("--name", "a name has letters, digits, spaces, _ and -, at most 40", {
    remedy: "Give another one with --name.",
  });
}

/** A name that npm takes. */
function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return slug || "qq-bot";
}

/** Of the language, and those that all share. A leading `dot-` stands for a dot, which packing would drop. */
function filesOf(lang: string): { path: string; text: string }[] {
  return ["shared", lang].flatMap((part) => {
    const folder = join(packageRoot(), "dist/templates", part);
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => ({ path: name.replace(/^dot-/, "."), text: readFileSync(join(folder, name), "utf8") }));
  });
}
