import { Command, CommanderError, Option } from "commander";
import { settings } from "../config/load.ts";
import type { SettingKey } from "../config/schema.ts";
import { describeFailure, exitCodeOf, exitCodes } from "./exit.ts";
import type { Flags } from "./settings.ts";
import { version } from "./version.ts";

/** What a subcommand gets: setting flags apart from its own options and the words that remain. */
export interface Invocation {
  flags: Flags;
  options: Record<string, unknown>;
  words: readonly string[];
  /** The flags of this subcommand, as `--help` shows them. */
  help(): string;
}

interface Subcommand {
  name: string;
  summary: string;
  settings: readonly SettingKey[];
  options?: readonly [flags: string, description: string][];
  arguments?: string;
  freeFlags?: boolean;
  /** Loaded only when it is the one that was asked for. Resolves to the exit code. */
  run: (invocation: Invocation, serve: Serve) => Promise<number>;
}

/** What `mcp` does with its flags: handed in, because the server already runs when they are read. */
export type Serve = (invocation: Invocation) => Promise<number>;

const platform = [
  "account",
  "appId",
  "apiBase",
  "tokenUrl",
  "sandbox",
  "pacing",
  "links",
  "proxy",
  "home",
  "keepDays",
  "log",
] as const;
const hearing = ["intents", "transport", "webhookPort", "webhookPath", "webhookHost"] as const;
const judging = ["judgeChance", "judgeCooldownSeconds", "judgeModel", "quietHours"] as const;
const caution = ["limits", "limitPerson", "limitGroup", "aiLabel", "wordFilter"] as const;
const moderation = ["moderationUrl", "moderationModel", "moderationFails"] as const;
const manners = ["mode", "wakeWords", ...judging, "busy", "welcome", ...caution, ...moderation] as const;
const roles = ["owners", "admins", "trusted", "guildAdmins", "talkPrivate", "talkGroups"] as const;
const endpoint = ["openaiBaseUrl", "openaiModel", "openaiDialect", "openaiThinking"] as const;
const model = [...endpoint, "openaiMaxTokens", "openaiTemperature", "smallModel", "prices"] as const;
const otherModels = ["fallbackModel", "fallbackBaseUrl", "models"] as const;
const turnBudget = ["turnModelCalls", "turnToolCalls", "turnTokens", "turnSeconds", "turnCost"] as const;
const dailyTokens = ["dailyTokensUser", "dailyTokensGroup", "dailyTokensTotal"] as const;
const dailyCost = ["dailyCostUser", "dailyCostGroup", "dailyCostTotal"] as const;
const spending = [...turnBudget, ...dailyTokens, ...dailyCost] as const;
const memory = ["persona", "contextTokens"] as const;
const thinking = [...model, ...otherModels, ...memory, ...roles, ...manners, "stream"] as const;
const choice = ["mcpToolsets", "mcpTools", "mcpExcludeTools", "mcpReadOnly"] as const;
const rights = ["mcpRights", "mcpReadTargets", "mcpWriteTargets", "mcpConfirm"] as const;
const apps = ["connectAppId", "connectBase", "connectRedirectUri", "miniAppId", "miniBase"] as const;
const listening = ["senders", "channel"] as const;
const local = ["port", "log"] as const;

const subcommands: readonly Subcommand[] = [
  {
    name: "playground",
    summary: "a local QQ, a bot on it, and a chat page: no account needed",
    settings: ["port", "log", ...model, ...memory, ...manners, "stream", "pacing", "traces"],
    run: async (invocation) => (await import("./playground.ts")).playground(invocation),
  },
  {
    name: "bot",
    summary: "answer QQ events with a model, unattended",
    settings: [
      ...platform,
      ...thinking,
      ...spending,
      "traces",
      ...hearing,
      "healthPort",
      "healthHost",
      "shards",
      "settleMs",
      "files",
      "commandPanel",
    ],
    options: [["--dry-run", "hear and think for real, but say it on the console only: nothing is sent or changed"]],
    run: async (invocation) => (await import("./bot.ts")).bot(invocation),
  },
  {
    name: "mcp",
    summary: "MCP server on stdio or HTTP: the QQ platform as tools",
    settings: [
      ...platform,
      ...apps,
      ...choice,
      ...rights,
      ...hearing,
      "shards",
      "settleMs",
      "files",
      ...listening,
      "mcpHttp",
    ],
    options: [["--emulator", "use an embedded local QQ instead of an account"]],
    run: async (invocation, serve) => serve(invocation),
  },
  {
    name: "emulator",
    summary: "a local QQ platform for any bot",
    settings: local,
    options: [
      ["--webhook <url>", "send events to this callback address on this machine, once it answers"],
      ["--compare <record>", "hold a record of doctor --live against the local QQ, and stop"],
    ],
    run: async (invocation) =>
      invocation.options.compare === undefined
        ? (await import("./emulator.ts")).emulator(invocation)
        : (await import("./compare.ts")).compare(invocation),
  },
  {
    name: "new",
    summary: "write a small bot into a new folder: token, gateway, commands, a model's answers, its scenarios",
    settings: [],
    options: [
      ["--lang <ts|python>", "what it is written in (default ts)"],
      ["--name <name>", "what it is called (default: the folder's name)"],
    ],
    arguments: "<dir>",
    run: async (invocation) => (await import("./new.ts")).newBot(invocation),
  },
  {
    name: "scenario",
    summary: "play scenario files against a bot on the local QQ, in any language: exit 0 passed, 1 failed, 2 bad file",
    settings: ["log"],
    options: [
      ["--bot <command>", "start a local QQ and this bot for each scenario"],
      ["--url <address>", "use this running emulator (its chat page's address) and the bot that is on it"],
      ["--own-model", "give the bot your OPENAI_* variables instead of the demo model"],
      ["--json", "report as JSON"],
      ["--junit", "report as JUnit XML"],
      ["--schema", "print the JSON Schema of scenario files, for editors"],
    ],
    arguments: "[files...]",
    run: async (invocation) => (await import("./scenario.ts")).scenario(invocation),
  },
  {
    name: "call",
    summary: "run one operation and print its result as JSON",
    settings: [...platform, ...apps, "files"],
    options: [["--json <object>", "the whole input as JSON; - reads it from stdin"]],
    arguments: "[name] [words...]",
    freeFlags: true,
    run: async (invocation) => (await import("./call.ts")).call(invocation),
  },
  {
    name: "oauth",
    summary: "oauth login: log a person in with QQ and print the handle of the login",
    settings: ["connectAppId", "connectBase", "connectRedirectUri", "proxy", "home", "log"],
    options: [["--no-open", "only print the address, do not open a browser"]],
    arguments: "<action>",
    run: async (invocation) => (await import("./oauth.ts")).oauth(invocation),
  },
  {
    name: "senders",
    summary:
      "senders list, allow RULE, remove RULE, pair: whom assistants may hear, and who may talk with the bot where that takes a word",
    settings: ["appId", "account", "apiBase", "sandbox", "senders", "home", "log"],
    options: [["--json", "as JSON (list)"]],
    arguments: "<action> [rule]",
    run: async (invocation) => (await import("./senders.ts")).senders(invocation),
  },
  {
    name: "owners",
    summary: "owners list, claim, remove PERSON: who owns the bot, and a code by which somebody becomes an owner",
    settings: ["appId", "account", "apiBase", "sandbox", "owners", "home", "log"],
    options: [["--json", "as JSON (list)"]],
    arguments: "<action> [person]",
    run: async (invocation) => (await import("./owners.ts")).owners(invocation),
  },
  {
    name: "operations",
    summary: "list every operation",
    settings: [],
    options: [["--json", "as JSON, with schemas"]],
    run: async (invocation) => (await import("./operations.ts")).listOperations(invocation),
  },
  {
    name: "audit",
    summary: "show the newest calls: who did what, where, with which outcome",
    settings: ["account", "appId", "home", "log"],
    options: [
      ["--json", "as JSON, with whole inputs"],
      ["--limit <rows>", "how many (default 50)"],
    ],
    run: async (invocation) => (await import("./audit.ts")).audit(invocation),
  },
  {
    name: "usage",
    summary: "what the bot's model calls took: tokens and cost by day, group, user or model",
    settings: ["account", "appId", "home", "log"],
    options: [
      ["--by <what>", "day, group, user or model (default day)"],
      ["--days <number>", "how many days back, today among them (default 7)"],
      ["--json", "as JSON"],
    ],
    run: async (invocation) => (await import("./usage.ts")).usage(invocation),
  },
  {
    name: "init",
    summary: "connect your bot: scan a QR code, or paste AppID and AppSecret",
    settings: ["tokenUrl", "bindBase", "proxy", "home", "log"],
    run: async (invocation) => (await import("./init.ts")).init(invocation),
  },
  {
    name: "outbox",
    summary: "what was sent, what waits and until when, what was refused and why",
    settings: ["account", "appId", "home", "log"],
    options: [["--json", "as JSON"]],
    run: async (invocation) => (await import("./outbox.ts")).outbox(invocation),
  },
  {
    name: "doctor",
    summary: "check credentials, network, gateway, model and data folder",
    settings: [...platform, ...thinking, "intents", "transport"],
    options: [
      ["--json", "as JSON"],
      ["--webhook <url>", "play QQ's part against the bot's webhook instead"],
      ["--live", "ask the platform what could not be confirmed, and leave a record; sends nothing without asking"],
      ["--yes", "with --live: begin without asking"],
      ["--yes-send <target>", "with --live: also what writes to c2c:OPENID or group:OPENID; it is taken back"],
      ["--record <file>", "with --live: where the record goes (default: the data folder)"],
    ],
    run: async (invocation) => (await import("./doctor.ts")).doctor(invocation),
  },
];

/** Parses the command line and runs what it asks for. Resolves to the exit code; prints every failure. */
export async function program(argv: readonly string[], serve: Serve = unreachable): Promise<number> {
  let code: number = exitCodes.ok;
  const command = new Command("qq-skill")
    .description(
      "The QQ Open Platform for AI assistants, and bots that think.\nEvery flag is also a variable; README lists them all.",
    )
    .version(version(), "-v, --version")
    .exitOverride();
  for (const subcommand of subcommands) {
    addSubcommand(command, subcommand, async (invocation) => {
      code = await subcommand.run(invocation, serve);
    });
  }
  try {
    await command.parseAsync([...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
    process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}

function addSubcommand(program: Command, subcommand: Subcommand, run: (invocation: Invocation) => Promise<void>): void {
  const command = program.command(subcommand.name).description(subcommand.summary).exitOverride();
  const keys = new Map<string, SettingKey>();
  for (const setting of settings()) {
    if (!setting.flag || !subcommand.settings.includes(setting.key)) continue;
    const option = new Option(setting.flag, `${setting.description} [${setting.env}]`);
    keys.set(option.attributeName(), setting.key);
    command.addOption(option);
  }
  for (const [flags, description] of subcommand.options ?? []) command.option(flags, description);
  if (subcommand.arguments) for (const word of subcommand.arguments.split(" ")) command.argument(word);
  // Its help is about the operation that it names.
  if (subcommand.freeFlags) command.allowUnknownOption().allowExcessArguments().helpOption(false);
  command.action(async () => {
    const flags: Flags = {};
    const options: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(command.opts())) {
      const key = keys.get(name);
      if (key) flags[key] = value;
      else options[name] = value;
    }
    await run({ flags, options, words: command.args, help: () => command.helpInformation() });
  });
}

function unreachable(): Promise<number> {
  throw new Error("mcp starts by a way of its own");
}
