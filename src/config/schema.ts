import { z } from "zod";
import { parseIntents } from "../protocol/intents.ts";
import { parseShards } from "../protocol/shards.ts";
import { accounts } from "./accounts.ts";
import { botReachSettings } from "./bot-reach-settings.ts";
import { botSettings } from "./bot-settings.ts";
import { mcpSettings } from "./mcp-settings.ts";
import { modelSettings } from "./model-settings.ts";
import { flag, list, meta, parsedBy, port, text, url, webhookPath } from "./values.ts";

/** Every setting, once. Defaults, file, environment, flags, help, `.env.example` and the README table come from here. */
export const configSchema = z.strictObject({
  appId: text
    .regex(/^\d+$/, "must be digits only")
    .optional()
    .meta(
      meta({
        description: "AppID of the bot",
        env: "QQ_BOT_APP_ID",
        flag: "--app-id <id>",
        remedy: "copy it from the console at q.qq.com",
      }),
    ),
  appSecret: text.optional().meta(
    meta({
      description: "AppSecret of the bot",
      env: "QQ_BOT_APP_SECRET",
      secret: true,
      remedy: "copy it from the console at q.qq.com",
    }),
  ),
  apiBase: url.optional().meta(
    meta({
      description: "Address of the bot API; wins over QQ_BOT_SANDBOX (default https://api.bot.qq.com)",
      env: "QQ_BOT_API_BASE",
      flag: "--api-base <url>",
    }),
  ),
  tokenUrl: url
    .default("https://api.bot.qq.com/app/getAppAccessToken")
    .meta(meta({ description: "Full address of the token call", env: "QQ_BOT_TOKEN_URL", flag: "--token-url <url>" })),
  sandbox: flag.default(false).meta(
    meta({
      description: "Use the sandbox host: only sandbox guilds, groups and users",
      env: "QQ_BOT_SANDBOX",
      flag: "--sandbox",
    }),
  ),
  accounts: accounts.optional().meta(
    meta({
      description:
        "Several bots, instead of AppID and AppSecret: JSON object, name -> {appId, appSecret} and, where they differ, apiBase, tokenUrl, sandbox, webhookPath, persona, openaiModel, owners and whatever else the bot is told",
      env: "QQ_BOT_ACCOUNTS",
      secret: true,
    }),
  ),
  account: text.optional().meta(
    meta({
      description: "Which of several bots; bot and mcp without it serve all of them",
      env: "QQ_BOT_ACCOUNT",
      flag: "--account <name>",
    }),
  ),
  intents: parsedBy(parseIntents)
    .optional()
    .meta(
      meta({
        description: "Events to subscribe to: a number, or names separated by commas",
        env: "QQ_BOT_INTENTS",
        flag: "--intents <list>",
      }),
    ),
  bindBase: url.default("https://q.qq.com").meta(
    meta({
      description: "Address of the service that binds a bot by QR code",
      env: "QQ_BIND_BASE",
      flag: "--bind-base <url>",
    }),
  ),
  transport: z
    .enum(["gateway", "webhook"])
    .default("gateway")
    .meta(meta({ description: "How events arrive", env: "QQ_BOT_TRANSPORT", flag: "--transport <kind>" })),
  webhookPort: port.default(8080).meta(
    meta({
      description: "Port on which QQ's posts are awaited (transport webhook); TLS is the proxy's in front of it",
      env: "QQ_BOT_WEBHOOK_PORT",
      flag: "--webhook-port <number>",
    }),
  ),
  webhookPath: webhookPath.default("/qq/webhook").meta(
    meta({
      description: "Path of the webhook; of several bots, each has its name behind it",
      env: "QQ_BOT_WEBHOOK_PATH",
      flag: "--webhook-path <path>",
    }),
  ),
  webhookHost: text.default("127.0.0.1").meta(
    meta({
      description: "Address on which the webhook listens",
      env: "QQ_BOT_WEBHOOK_HOST",
      flag: "--webhook-host <address>",
    }),
  ),
  shards: parsedBy(parseShards)
    .default("auto")
    .meta(
      meta({
        description:
          "Shards of this process: auto (as many as the platform advises), a number, or ids out of a number such as 0,1/4",
        env: "QQ_BOT_SHARDS",
        flag: "--shards <plan>",
      }),
    ),
  settleMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(2000)
    .meta(
      meta({
        description:
          "How long a bot holds its messages after its connection came back: before, QQ takes them and shows nothing",
        env: "QQ_BOT_SETTLE_MS",
        flag: "--settle-ms <ms>",
      }),
    ),
  healthPort: port.optional().meta(
    meta({
      description: "Port of /healthz, /readyz and /metrics (Prometheus) of the bot; none without it",
      env: "QQ_BOT_HEALTH_PORT",
      flag: "--health-port <number>",
    }),
  ),
  healthHost: text.default("127.0.0.1").meta(
    meta({
      description: "Address on which they are",
      env: "QQ_BOT_HEALTH_HOST",
      flag: "--health-host <address>",
    }),
  ),
  ...modelSettings,
  ...botSettings,
  ...botReachSettings,
  pacing: z
    .enum(["published", "off"])
    .default("published")
    .meta(
      meta({
        description: "published: stay under the platform's published limits; off: honour only its refusals",
        env: "QQ_BOT_PACING",
        flag: "--pacing <mode>",
      }),
    ),
  links: z
    .enum(["keep", "defang", "button", "text"])
    .default("keep")
    .meta(
      meta({
        description:
          "Addresses in messages: keep (written out once QQ refuses one), defang (always written out), button (under the text), text (words only)",
        env: "QQ_BOT_LINKS",
        flag: "--links <policy>",
      }),
    ),
  home: text
    .default("~/.qq-skill")
    .meta(meta({ description: "Data folder (created with mode 0700)", env: "QQ_SKILL_HOME", flag: "--home <folder>" })),
  keepDays: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .meta(
      meta({
        description:
          "How many days received events, history and audit rows are kept; less when the database passes 512 MiB",
        env: "QQ_SKILL_KEEP_DAYS",
        flag: "--keep-days <number>",
      }),
    ),
  log: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .meta(meta({ description: "Log level; logs go to stderr", env: "QQ_SKILL_LOG", flag: "--log <level>" })),
  port: port.default(7717).meta(
    meta({
      description: "Port of playground and emulator; the next free one is taken when it is busy",
      env: "QQ_SKILL_PORT",
      flag: "--port <number>",
    }),
  ),
  files: list.default([]).meta(
    meta({
      description: "Folders from which files may be uploaded, separated by commas",
      env: "QQ_SKILL_FILES",
      flag: "--files <folders>",
    }),
  ),
  ...mcpSettings,
  connectAppId: text
    .regex(/^\d+$/, "must be digits only")
    .optional()
    .meta(
      meta({
        description: "AppID of QQ login (QQ Connect), not the bot's",
        env: "QQ_CONNECT_APP_ID",
        flag: "--connect-app-id <id>",
        remedy: "copy it from connect.qq.com (应用管理)",
      }),
    ),
  connectAppKey: text.optional().meta(
    meta({
      description: "AppKey of QQ login",
      env: "QQ_CONNECT_APP_KEY",
      secret: true,
      remedy: "copy it from connect.qq.com (应用管理)",
    }),
  ),
  connectBase: url
    .default("https://graph.qq.com")
    .meta(meta({ description: "Address of QQ login", env: "QQ_CONNECT_BASE", flag: "--connect-base <url>" })),
  connectRedirectUri: url.optional().meta(
    meta({
      description: "Where QQ login sends people back to: the full registered address, without a query",
      env: "QQ_CONNECT_REDIRECT_URI",
      flag: "--connect-redirect-uri <url>",
    }),
  ),
  miniAppId: text
    .regex(/^\d+$/, "must be digits only")
    .optional()
    .meta(
      meta({
        description: "AppID of the mini program, not the bot's",
        env: "QQ_MINI_APP_ID",
        flag: "--mini-app-id <id>",
        remedy: "copy it from q.qq.com (设置, 开发设置)",
      }),
    ),
  miniAppSecret: text.optional().meta(
    meta({
      description: "AppSecret of the mini program",
      env: "QQ_MINI_APP_SECRET",
      secret: true,
      remedy: "copy it from q.qq.com (设置, 开发设置)",
    }),
  ),
  miniBase: url
    .default("https://api.q.qq.com")
    .meta(meta({ description: "Address of the mini program's API", env: "QQ_MINI_BASE", flag: "--mini-base <url>" })),
  httpsProxy: url
    .optional()
    .meta(meta({ description: "Proxy for platform and model, never for loopback", env: "HTTPS_PROXY" })),
  noProxy: text
    .optional()
    .meta(meta({ description: "Hosts that the proxy is not used for, separated by commas", env: "NO_PROXY" })),
  proxy: url.optional().meta(
    meta({
      description: "Proxy for the QQ platform alone (a fixed exit address for its IP list)",
      env: "QQ_BOT_PROXY",
      flag: "--proxy <url>",
    }),
  ),
});

export type Config = z.infer<typeof configSchema>;
export type SettingKey = keyof Config;
