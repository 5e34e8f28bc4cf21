import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { saveCredentials } from "../../src/cli/credentials.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { run, temporaryFolder } from "../kit/processes.ts";

describe("qq-skill init", () => {
  it("says what to do where nobody can answer", async () => {
    const { code, stdout, stderr } = await run(["init"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/no terminal\n {2}to do: .*QQ_BOT_APP_ID.*start_binding/);
  });

  it("leaves what every other command finds", async () => {
    const emulator = await startTestEmulator();
    const home = temporaryFolder();
    const { appId, appSecret } = emulator.app;
    saveCredentials(join(home, "data"), { app_id: appId, app_secret: appSecret });
    const env = { QQ_BOT_API_BASE: emulator.url, QQ_BOT_TOKEN_URL: emulator.tokenUrl };
    const profile = await run(["call", "get_bot_profile"], { home, env });
    expect(profile).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(profile.stdout)).toHaveProperty("username");
    const other = await run(["call", "get_bot_profile"], { home, env: { ...env, QQ_BOT_APP_ID: "7" } });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("QQ_BOT_APP_SECRET");
  });

  it("is asked for again when its file is damaged", async () => {
    const home = temporaryFolder();
    saveCredentials(join(home, "data"), { app_id: "1", app_secret: "abc" });
    writeFileSync(join(home, "data", "credentials.json"), '{"app_id":"1","app_secret":"half-a-se');
    const { code, stderr } = await run(["call", "get_bot_profile"], { home });
    expect(code).toBe(2);
    expect(stderr).toContain("qq-skill init");
    expect(stderr).not.toContain("half-a");
  });
});
