import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Emulator } from "../../src/emulator/emulator.ts";

/** A fenced block of a skill. */
export interface Block {
  /** Relative to the folder of the skill, with `/`. */
  file: string;
  /** Of the fence, from 1. */
  line: number;
  language: string;
  /** Marked to be run: the word `run` behind the language. */
  isRun: boolean;
  text: string;
}

/** Every fenced block in the Markdown files of a skill folder, in order; throws at a fence without an end. */
export function blocksOf(folder: string): Block[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  return names.sort().flatMap((name) => {
    const file = name.replaceAll("\\", "/");
    return readBlocks(file, readFileSync(join(folder, name), "utf8"));
  });
}

function readBlocks(file: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string[]; lines: string[] } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (!open) open = { line: index + 1, info: (fence[1] as string).trim().split(/\s+/), lines: [] };
    else {
      const { line: start, info, lines } = open;
      const [language = "", ...words] = info;
      blocks.push({ file, line: start, language, isRun: words.includes("run"), text: `${lines.join("\n")}\n` });
      open = undefined;
    }
  }
  if (open) throw new Error(`${file}:${open.line}: the fence has no end`);
  return blocks;
}

/** Where the commands of a skill are run: a local QQ, and a program that stands behind `npx -y qq-skill@VERSION`. */
export interface CommandStage {
  emulator: Emulator;
  /** The command's launcher, run by this Node. */
  program: string;
  version: string;
  /** Empty folder: working and data folder of the commands. */
  folder: string;
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs one block with `sh`, which ends at the first command that fails. The names of the emulator's ids (`GROUP_OPENID`,
 * `CHANNEL_ID` …) stand for the ids themselves. `npx` takes the pinned version only.
 */
export async function runCommands(stage: CommandStage, { text }: Pick<Block, "text">): Promise<Ran> {
  const { emulator, folder } = stage;
  const places = placesOf(emulator);
  const script = text.replace(/\b[A-Z]\w+_\w+\b/g, (name) => places[name] ?? name);
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const child = spawn("sh", ["-e", "-c", script], {
    cwd: home,
    env: {
      ...variablesOf(emulator),
      PATH: `${shims(stage)}${delimiter}${process.env.PATH ?? ""}`,
      HOME: home,
      QQ_SKILL_HOME: join(home, "data"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (more: string) => {
      out[name] += more;
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...out };
}

/** What `qq-skill emulator` prints, and no wait after a connect. */
export function variablesOf({ app, url, tokenUrl, connect, mini }: Emulator): Record<string, string> {
  return {
    ...{ QQ_BOT_APP_ID: app.appId, QQ_BOT_APP_SECRET: app.appSecret },
    ...{ QQ_BOT_API_BASE: url, QQ_BOT_TOKEN_URL: tokenUrl, QQ_BOT_SETTLE_MS: "0" },
    ...{ QQ_CONNECT_APP_ID: connect.appId, QQ_CONNECT_APP_KEY: connect.appKey, QQ_CONNECT_BASE: url },
    ...{ QQ_MINI_APP_ID: mini.appId, QQ_MINI_APP_SECRET: mini.appSecret, QQ_MINI_BASE: url },
  };
}

/** What the texts write in the place of an id. Both messages are new, so that they can be replied to. */
function placesOf(emulator: Emulator): Record<string, string> {
  const { c2c, groups, guilds, users } = emulator.world;
  const [chat, guild] = [c2c[0], guilds[0]];
  const group = groups.find((known) => known.bot_role === "admin") ?? groups[0];
  const channel = guild?.channels.find(({ type }) => type === 0);
  const forum = guild?.channels.find(({ type }) => type === 10007);
  const as = users[0]?.id;
  if (!chat || !group || !guild || !channel || !forum || !as) throw new Error("the world lacks a place");
  const say = (scene: "c2c" | "group", id: string) =>
    emulator.say({ as, scene, id, content: "在吗", mention: scene === "group" }).message_id;
  return {
    ...{ USER_OPENID: chat.id, GROUP_OPENID: group.id, GUILD_ID: guild.id, CHANNEL_ID: channel.id, FORUM_ID: forum.id },
    ...{ C2C_MSG_ID: say("c2c", chat.id), GROUP_MSG_ID: say("group", group.id) },
  };
}

/** A folder with `npx` and `qq-skill` that start the program. */
function shims({ folder, program, version }: CommandStage): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const start = `exec "${process.execPath}" "${program}" "$@"`;
  const pinned = `[ "$1 $2" = "-y qq-skill@${version}" ] || { echo "npx $1 $2: not the pinned version" >&2; exit 64; }`;
  const scripts = { npx: `#!/bin/sh\n${pinned}\nshift 2\n${start}\n`, "qq-skill": `#!/bin/sh\n${start}\n` };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
