import { expect, it } from "vitest";
import { startLines } from "../../../src/cli/start-lines.ts";
import { loadConfig } from "../../../src/config/load.ts";

const env = {
  ...{ QQ_BOT_APP_ID: "102000011", QQ_BOT_APP_SECRET: "the-app-secret", OPENAI_API_KEY: "the-model-key" },
  ...{ QQ_BOT_OWNERS: "c2c:A,group:B", QQ_BOT_DAILY_TOKENS_USER: "0", OPENAI_MODEL: "m" },
};

it("the start says who, where, with what rights, model and limits, in few lines and without secrets", () => {
  const lines = startLines({ name: "shop", config: loadConfig({ env }), model: "m", claimed: 0, botName: "小店" });
  const text = lines.join("\n");
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines[0]).toMatch(/^\[shop\] 已连接.*connected/);
  for (const fact of ["小店, AppID 102000011", "https://api.bot.qq.com", "owner 2", "mode mention", "limits on"])
    expect(text).toContain(fact);
  expect(text).toMatch(/person no limit, group 2000k/);
  expect(text).not.toMatch(/the-app-secret|the-model-key/);
});

it("says on which machine a local QQ is, and that nobody owns the bot", () => {
  const config = loadConfig({ env: { ...env, QQ_BOT_OWNERS: "", QQ_BOT_API_BASE: "http://127.0.0.1:7711" } });
  const text = startLines({ config, model: "m", claimed: 0 }).join("\n");
  expect(text).toContain("local QQ (http://127.0.0.1:7711)");
  expect(text).toContain("no owner");
});
