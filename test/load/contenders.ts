import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Contender {
  name: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Speaks Streamable HTTP, and prints its address on stderr. */
  isHttp?: true;
  /** The cheapest call that needs neither network nor account. */
  call: { name: string; arguments: object };
  note?: string;
}

const here = import.meta.dirname;
const program = join(here, "../../dist/qq-skill.cjs");
const find = { name: "qq_find_operations", arguments: { query: "recall" } };
const echo = { name: "echo", arguments: { message: "hello" } };

export const ours: readonly Contender[] = [
  { name: "bare Node loop", args: [join(here, "bare-rpc.mjs")], call: echo },
  { name: "qq-skill, stdio", args: [program, "mcp"], call: find, note: "searches the whole table" },
  { name: "qq-skill, HTTP", args: [program, "mcp", "--http", "127.0.0.1:0"], isHttp: true, call: find },
  { name: "bare SDK server", args: [join(here, "bare-sdk.mjs")], call: echo, note: "one tool" },
];

/** Downloaded for the comparison, into a temporary folder, never a dependency. */
const others: readonly (Omit<Contender, "args" | "name"> & { name: string; version: string; words: string[] })[] = [
  { name: "@modelcontextprotocol/server-everything", version: "2026.8.31", words: [], call: echo },
  {
    ...{ name: "@larksuiteoapi/lark-mcp", version: "0.5.1" },
    words: ["mcp", "-a", "cli_dummy", "-s", "dummy"],
    call: { name: "im_v1_chat_list", arguments: { params: 1 } },
    note: "refuses wrong input",
  },
  {
    ...{ name: "slack-mcp-server", version: "1.3.0" },
    words: ["--transport", "stdio"],
    env: { SLACK_MCP_XOXP_TOKEN: "demo" },
    call: { name: "channels_list", arguments: {} },
    note: "its demo token",
  },
  {
    ...{ name: "@playwright/mcp", version: "0.0.83" },
    words: ["--headless", "--isolated"],
    call: { name: "no_such_tool", arguments: {} },
    note: "refuses an unknown tool",
  },
];

/** What could not be installed is named with the reason. */
export function install(): { contenders: Contender[]; missing: { name: string; reason: string }[] } {
  const contenders: Contender[] = [];
  const missing: { name: string; reason: string }[] = [];
  for (const { name, version, words, ...rest } of others) {
    const folder = join(tmpdir(), "qq-skill-bench", `${name.replace(/\W+/g, "-")}-${version}`);
    if (!entryOf(folder, name)) add(folder, `${name}@${version}`);
    const entry = entryOf(folder, name);
    if (entry) contenders.push({ ...rest, name: `${name} ${version}`, args: [entry, ...words] });
    else missing.push({ name: `${name} ${version}`, reason: "could not be installed" });
  }
  return { contenders, missing };
}

function add(folder: string, what: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", what];
  spawnSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"], timeout: 180_000 });
}

function entryOf(folder: string, name: string): string | undefined {
  const home = join(folder, "node_modules", name);
  if (!existsSync(join(home, "package.json"))) return undefined;
  const { bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  const path = typeof bin === "string" ? bin : Object.values(bin)[0];
  return path === undefined ? undefined : join(home, path);
}
