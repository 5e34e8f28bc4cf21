import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** A real browser uses the chat page as a newcomer does: writes, is answered, sees the tool calls; nothing is refused. */
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!browserPath) {
  process.stdout.write("no Chromium on this machine\n");
  process.exit(77);
}

const home = mkdtempSync(join(tmpdir(), "qq-skill-page-"));
const child = spawn(
  process.execPath,
  [join(import.meta.dirname, "../../dist/qq-skill.cjs"), "playground", "--port", "0"],
  {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, QQ_SKILL_HOME: home, OPENAI_API_KEY: "", OPENAI_BASE_URL: "", OPENAI_MODEL: "" },
  },
);
let printed = "";
let address: string | undefined;
for await (const chunk of child.stdout) {
  printed += String(chunk);
  address = /http:\/\/127\.0\.0\.1:\d+\/\?token=[A-Za-z0-9_-]+/.exec(printed)?.[0];
  if (address) break;
}
assert.ok(address, printed);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const browser = await chromium.launch({ executablePath: browserPath, args: flags });
try {
  const page = await browser.newPage({ locale: "zh-CN", viewport: { width: 1360, height: 860 } });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(address);
  await page.getByText("演示模型").first().waitFor();
  await page.getByText("闲聊大厅").first().click();
  const input = page.getByRole("textbox").first();
  await input.fill("这个频道有哪些子频道?");
  await input.press("Enter");
  await page.getByText("list_channels").first().waitFor({ timeout: 10_000 });
  await page.getByText(/公告/).nth(1).waitFor({ timeout: 10_000 });
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  assert.deepEqual(complaints, [], "the browser complained");
} finally {
  await browser.close();
  child.kill("SIGTERM");
  rmSync(home, { recursive: true, force: true });
}
