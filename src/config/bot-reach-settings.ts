import { z } from "zod";
import { parseConversationKey } from "../protocol/scenes.ts";
import { fromJson, meta, text, url } from "./values.ts";

const timeZone = text.refine(isTimeZone, "must be the name of a time zone, such as Asia/Shanghai");
const serverTools = z
  .record(text, z.enum(["public", "trusted", "admin", "owner"]))
  .refine((tools) => Object.keys(tools).length > 0, "name at least one tool with the right that it needs");
const server = z.union(
  [
    z.strictObject({
      type: z.literal("stdio").optional(),
      command: text,
      args: z.array(z.string()).optional(),
      env: z.record(z.string(), z.string()).optional(),
      cwd: text.optional(),
      tools: serverTools,
    }),
    z.strictObject({
      type: z.enum(["http", "streamable-http"]).optional(),
      url,
      headers: z.record(z.string(), z.string()).optional(),
      tools: serverTools,
    }),
  ],
  {
    error:
      "must be {command, args, env, tools} or {url, headers, tools}, with tools: name -> public, trusted, admin or owner",
  },
);

/** As other clients of the protocol write it, and for each tool the right that it needs: nothing else is ever offered. */
const mcpServers = fromJson(
  z.record(z.string().regex(/^[A-Za-z0-9-]{1,24}$/), server, {
    error: ({ code }) =>
      code === "invalid_key"
        ? "must be a name of letters, digits and -, at most 24"
        : "must be a JSON object: name -> {command, args, env, tools} or {url, headers, tools}",
  }),
);

const schedule = z
  .strictObject({
    cron: text,
    timeZone: timeZone.optional(),
    to: text.refine((key) => parseConversationKey(key) !== undefined, "must be scene:id, as in group:ID"),
    text: text.max(2_000).optional(),
    prompt: text.max(2_000).optional(),
  })
  .refine(
    ({ text: said, prompt }) => (said === undefined) !== (prompt === undefined),
    "needs exactly one of text and prompt",
  );
const schedules = fromJson(
  z.record(z.string().regex(/^[A-Za-z0-9_-]{1,32}$/), schedule, {
    error: ({ code }) =>
      code === "invalid_key"
        ? "must be a name of letters, digits, _ and -, at most 32"
        : "must be a JSON object: name -> {cron, to, text or prompt}",
  }),
);

/** What the bot perceives beside words, and what it reaches beside QQ. */
export const botReachSettings = {
  vision: z
    .enum(["auto", "on", "off"])
    .default("auto")
    .meta(
      meta({
        description:
          "Pictures for the model: auto (until its server says that it sees none), on (whatever it says), off (described in words)",
        env: "QQ_BOT_VISION",
        flag: "--vision <mode>",
      }),
    ),
  transcribeModel: text.optional().meta(
    meta({
      description:
        "Model that turns voice without QQ's own transcript into text (/audio/transcriptions); none without it",
      env: "QQ_BOT_TRANSCRIBE_MODEL",
      flag: "--transcribe-model <name>",
    }),
  ),
  transcribeBaseUrl: url.optional().meta(
    meta({
      description: "Endpoint of that model, including /v1 (default: OPENAI_BASE_URL)",
      env: "QQ_BOT_TRANSCRIBE_BASE_URL",
      flag: "--transcribe-base-url <url>",
    }),
  ),
  transcribeApiKey: text.optional().meta(
    meta({
      description: "Key of that endpoint (default: OPENAI_API_KEY)",
      env: "QQ_BOT_TRANSCRIBE_API_KEY",
      secret: true,
    }),
  ),
  mcpServers: mcpServers.optional().meta(
    meta({
      description:
        "MCP servers whose tools the model may use: JSON object, name -> {command, args, env} or {url, headers}, each with tools: {name: public, trusted, admin or owner}",
      env: "QQ_BOT_MCP_SERVERS",
      secret: true,
    }),
  ),
  timeZone: timeZone.default("Asia/Shanghai").meta(
    meta({
      description: "Time zone of reminders and schedules",
      env: "QQ_BOT_TIME_ZONE",
      flag: "--time-zone <name>",
    }),
  ),
  schedules: schedules.optional().meta(
    meta({
      description:
        "What is sent or done at set times: JSON object, name -> {cron, to: scene:id} with text, or prompt for the model, and timeZone where it differs",
      env: "QQ_BOT_SCHEDULES",
    }),
  ),
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
