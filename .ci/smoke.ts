import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts the playground as a newcomer does, asks one question, waits for the answer, stops it. Fails after 60 s. */
const question = "这个频道有哪些子频道?";
const home = mkdtempSync(join(tmpdir(), "qq-skill-smoke-"));
const child = spawn(process.execPath, [join(import.meta.dirname, "../dist/qq-skill.cjs"), "playground"], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, QQ_SKILL_HOME: home, OPENAI_API_KEY: "", OPENAI_BASE_URL: "", OPENAI_MODEL: "" },
});
const deadline = setTimeout(() => fail("no answer within 60 s"), 60_000);

function fail(reason: string): never {
  child.kill("SIGKILL");
  process.stderr.write(`smoke failed: ${reason}\n`);
  process.exit(1);
}

async function pageAddress(): Promise<URL> {
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    const match = /http:\/\/127\.0\.0\.1:\d+\/\?token=[A-Za-z0-9_-]+/.exec(printed);
    if (match) return new URL(match[0]);
  }
  return fail(`the playground ended before it printed its address:\n${printed}`);
}

interface World {
  users: { id: string }[];
  guilds: { channels: { id: string; type: number; name: string }[] }[];
}
interface Message {
  id: string;
  from: string;
  content: string;
}

const address = await pageAddress();
const headers = { Authorization: `Bearer ${address.searchParams.get("token")}`, "Content-Type": "application/json" };
const get = async (path: string) => (await fetch(new URL(path, address), { headers })).json();
if ((await fetch(address)).status !== 200) fail("the page does not answer");
const world = (await get("/_emulator/world")) as World;
const channel = world.guilds[0]?.channels.find(({ type }) => type === 0);
if (!channel) fail("the world has no text channel");
const body = JSON.stringify({
  as: world.users[0]?.id,
  scene: "channel",
  id: channel.id,
  content: question,
  mention: true,
});
const startedAt = Date.now();
const said = (await (await fetch(new URL("/_emulator/say", address), { method: "POST", headers, body })).json()) as {
  message_id: string;
};
const path = `/_emulator/messages?scene=channel&id=${channel.id}&after=${encodeURIComponent(said.message_id)}`;
let answer: Message | undefined;
while (!answer) {
  answer = ((await get(path)) as { messages: Message[] }).messages.find(({ from }) => from === "bot");
  if (!answer) await new Promise((resolve) => setTimeout(resolve, 50));
}
const tookMs = Date.now() - startedAt;
if (!answer.content.includes(channel.name))
  fail(`the answer does not name the channel "${channel.name}": ${answer.content}`);
const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
child.kill("SIGTERM");
const exitCode = await ended;
clearTimeout(deadline);
rmSync(home, { recursive: true, force: true });
if (exitCode !== 0 && process.platform !== "win32") fail(`the playground ended with ${exitCode}`);
process.stdout.write(`smoke: asked "${question}", answered in ${tookMs} ms, stopped cleanly\n`);
