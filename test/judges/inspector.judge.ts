import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The official MCP inspector lists our tools strictly and calls them against the embedded local QQ; reads resources,
 * prompts and skills, these by their digests; and gets on with us in every era of the protocol that it speaks.
 */
const inspector = join(import.meta.dirname, "node_modules/@modelcontextprotocol/inspector");
const program = join(import.meta.dirname, "../../dist/qq-skill.cjs");
const home = mkdtempSync(join(tmpdir(), "qq-skill-judge-"));

function inspect(...args: string[]): { status: number | null; output: string } {
  const command = [
    join(inspector, "clients/launcher/build/index.js"),
    "--cli",
    "-e",
    `QQ_SKILL_HOME=${home}`,
    process.execPath,
    program,
    "mcp",
    "--emulator",
    ...args,
  ];
  const result = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 60_000 });
  return { status: result.status, output: `${result.stdout}\n${result.stderr}` };
}

const listed = inspect("--method", "tools/list", "--strict", "--format", "json");
assert.equal(listed.status, 0, listed.output);
for (const name of ["qq_send_message", "qq_list_guilds", "qq_find_operations", "qq_call_operation", "qq_wait_events"]) {
  assert.ok(listed.output.includes(`"${name}"`), `${name} is not listed`);
}

const guilds = inspect("--method", "tools/call", "--tool-name", "qq_list_guilds", "--tool-args-json", "{}");
assert.equal(guilds.status, 0, guilds.output);
const guildId = /"id":\s*"(\d{6,})"/.exec(guilds.output)?.[1];
assert.ok(guildId, `no guild id in ${guilds.output}`);

const channels = inspect(
  "--method",
  "tools/call",
  "--tool-name",
  "qq_list_channels",
  "--tool-args-json",
  JSON.stringify({ guild_id: guildId }),
);
assert.ok(channels.output.includes("公告"), channels.output);

const refused = inspect(
  "--method",
  "tools/call",
  "--tool-name",
  "qq_list_channels",
  "--tool-args-json",
  '{"guild":"x"}',
);
assert.ok(/guild_id/.test(refused.output) && /isError"?:\s*true/.test(refused.output), refused.output);
assert.ok(!/[1-9]\d* warnings?/.test(listed.output), listed.output);

const skills = inspect("--method", "skills/list", "--verify", "--require-digests");
assert.equal(skills.status, 0, skills.output);
for (const name of ["qq-open-platform", "qq-bot"]) assert.ok(skills.output.includes(name), skills.output);

for (const [uri, holds] of [
  ["qq://bot", "id"],
  ["qq://inbox", "nothing found|events|cursor"],
  [`qq://guilds/${guildId}/channels`, "公告"],
  ["qq://docs/errors/40034105", "40034105"],
  ["qq://docs/operations/group", "list_group_members"],
] as const) {
  const { status, output } = inspect("--method", "resources/read", "--uri", uri);
  assert.ok(status === 0 && new RegExp(holds).test(output), `${uri}: ${output}`);
}

const prompts = inspect("--method", "prompts/list");
assert.ok(prompts.status === 0 && prompts.output.includes("整理收件箱"), prompts.output);
const prompt = inspect("--method", "prompts/get", "--prompt-name", "build_bot", "--prompt-args", "idea=签到");
assert.ok(prompt.status === 0 && prompt.output.includes("签到"), prompt.output);

const anyEra = inspect("--protocol-era", "auto", "--method", "tools/list");
assert.ok(anyEra.status === 0 && anyEra.output.includes("qq_send_message"), anyEra.output);
rmSync(home, { recursive: true, force: true });
