import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commands } from "../src/bot/commands.ts";
import { settings } from "../src/config/load.ts";
import { livePage } from "./live.ts";
import { badges, manifests } from "./packaging.ts";
import { pages, summary } from "./reference.ts";
import { beforeYouStart, skillReferences } from "./skill-references.ts";

/**
 * Writes what is derived from the tables: `.env.example`, the settings tables and install links of both READMEs, the
 * reference of the operations, the commands of the bot, the questions of `doctor --live`, the tables and common parts of the skills, and the manifests for
 * clients and registries.
 * With `--check` it writes nothing and fails when a file is not what it would write.
 */
const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

function envExample(): string {
  const lines = [
    "# Settings of qq-skill. Copy to .env, or set them in the environment. Nothing here is needed for `npm start`.",
    "",
  ];
  for (const setting of settings()) {
    const values = setting.values.length > 0 ? ` One of: ${setting.values.join(", ")}.` : "";
    lines.push(`# ${setting.description}.${values}`, `# ${setting.env}=${setting.default}`, "");
  }
  return lines.join("\n");
}

function settingsTable(): string {
  const rows = settings().map((setting) => {
    const flag = setting.flag ? `\`${setting.flag}\`` : setting.secret ? "– (secret)" : "–";
    const initial = setting.default ? `\`${setting.default}\`` : "";
    return `| \`${setting.env}\` | ${flag} | ${initial} | ${setting.description} |`;
  });
  return ["| variable | flag | default | what it does |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function commandTable(): string {
  const rows = commands.map(({ name, chinese, usage, summary, least }) => {
    const who = least.alone === least.among ? least.alone : `${least.among}; ${least.alone} in private chats`;
    const call = [`\`/${name}\` \`/${chinese}\``, usage && `\`${usage}\``].filter(Boolean).join(" ");
    return `| ${call} | ${summary.chinese} · ${summary.english} | ${who} |`;
  });
  return ["| command | what it does | least right |", "| --- | --- | --- |", ...rows].join("\n");
}

function between(file: string, block: string, text: string): string {
  const whole = outputs[file] ?? readFileSync(join(root, file), "utf8");
  const [start, end] = [`<!-- ${block}:start -->`, `<!-- ${block}:end -->`];
  const [from, to] = [whole.indexOf(start), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${start} … ${end}`);
  return `${whole.slice(0, from + start.length)}\n${text}\n${whole.slice(to)}`;
}

const outputs: Record<string, string> = {
  ...manifests(),
  ".env.example": envExample(),
  "docs/live.md": livePage(),
  ...Object.fromEntries(Object.entries(pages()).map(([name, text]) => [`docs/${name}`, text])),
};
Object.assign(outputs, skillReferences());
const playbooks = readdirSync(join(root, "skills")).map((name) => `skills/${name}/SKILL.md`);
for (const file of playbooks) outputs[file] = between(file, "before", beforeYouStart(version));
for (const file of ["SKILL.md", ...playbooks]) {
  const text = outputs[file] ?? readFileSync(join(root, file), "utf8");
  const pinned = text.replace(/qq-skill@\d+\.\d+\.\d+/g, `qq-skill@${version}`);
  outputs[file] = pinned.replace(/^( {2}version: )".*"$/m, `$1"${version}"`);
}
for (const readme of ["README.md", "README.zh-CN.md"]) {
  outputs[readme] = between(readme, "settings", settingsTable());
  outputs[readme] = between(readme, "badges", badges());
}
outputs["docs/bot.md"] = between("docs/bot.md", "commands", commandTable());

const stale = Object.entries(outputs).filter(([file, text]) => {
  const path = join(root, file);
  return !existsSync(path) || readFileSync(path, "utf8").replaceAll("\r\n", "\n") !== text;
});
if (process.argv.includes("--check")) {
  for (const [file] of stale) process.stderr.write(`${file} is out of date: run npm run docs\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of stale) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  process.stdout.write(`${summary()}\n`);
  process.stderr.write(`${stale.length} of ${Object.keys(outputs).length} files written\n`);
}
