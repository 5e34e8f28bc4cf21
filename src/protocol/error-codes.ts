import {
  type ErrorAction,
  type ErrorRow,
  type ErrorSource,
  errorFamilies,
  reportedErrors,
} from "./error-codes-data.ts";

export type { ErrorAction, ErrorSource } from "./error-codes-data.ts";

export interface ErrorCodeEntry {
  /** One number, or the first and last of a range that stands for what its own rows leave open. */
  code: number | readonly [number, number];
  meaning: string;
  action: ErrorAction;
  /** Heading of the published table; "reported" for codes that only users have seen. */
  family: string;
  source?: ErrorSource;
  remedy: string;
}

const ipRemedy =
  "Add the public IP of this machine to the IP list in the console (开发设置), or use the sandbox (QQ_BOT_SANDBOX=true), which has none.";
const secretRemedy =
  "Check QQ_BOT_APP_ID and QQ_BOT_APP_SECRET against the console; a reset secret replaces the old one.";

const actionRemedies: Readonly<Record<ErrorAction, string>> = {
  RETRY: "The platform failed for a moment: try again shortly.",
  RETRY1: "The platform failed: try once more, then give up.",
  TOKEN: "The access token was refused: a new one is fetched and the call repeated once.",
  FIX: "Change the request as the message says; the same request will fail again.",
  FALLBACK: "Send it again as plain text, without the part that was refused.",
  WAIT: "Wait before the next try: a limit is used up.",
  EXPIRED:
    "The time or number of free replies to that message is over: send an active message, or wait for the next one.",
  PERM: "The bot lacks a right: its owner has to grant or apply for it. Trying again does not help.",
  OPERATOR: "Check the bot's credentials and its state in the console of q.qq.com.",
  GIVEUP: "This cannot work: do not try again.",
  AUDIT: "Nothing to do: the platform reviews the message first and reports the verdict as an event.",
  OK: "Nothing to do: it is already so.",
  DUP: "Nothing to do: a message with this msg_id and msg_seq was already delivered.",
  REUPLOAD: "Upload the media again and use the new file_info.",
  RECONNECT: "Connect the bot to the gateway first (start event reception), then send again.",
};

/** Where the action alone would not tell enough. */
const codeRemedies: Readonly<Record<number, string>> = {
  10004: "Check QQ_BOT_APP_ID (no bot has this id); on guild calls, check guild_id.",
  11245: "Set QQ_BOT_APP_ID and QQ_BOT_APP_SECRET: the platform takes only tokens that are fetched with them.",
  11253: "Apply for this API in the console: it is open to invited or approved bots only.",
  11254: "This API was closed for the bot: ask the platform's support.",
  11255: "Use a user_openid that came with an event of this very bot; others are not valid here.",
  11264: "Ask an admin of the guild to grant this API to the bot, and check guild_id.",
  11265: "The bot is banned: appeal in the console.",
  11282: "Ask the guild's owner to make the bot an admin.",
  11298: ipRemedy,
  40023002: ipRemedy,
  100001: "The token was asked for too often: wait a minute. Let processes share one token.",
  100007: `The platform does not know this bot, or it is banned or deleted. ${secretRemedy}`,
  100016: secretRemedy,
  304003:
    "Register the link's domain in the console (消息URL配置), or leave the link out; words like a.com count as links.",
  304018:
    "Connect to the gateway first (subscribe_gateway with action start, or `qq-skill bot`): guild messages can be sent only while it is online.",
  304023: "Nothing to do: a person reviews the message first; the verdict comes as MESSAGE_AUDIT_PASS or _REJECT.",
  304026: "Use the id of a message that this bot received, within 5 minutes.",
  40034005:
    "The message is too old for a free reply (5 minutes in groups, 60 in private chats): send an active message.",
  40034024: "Use the id of a message that this bot received in this very conversation.",
  40034025: "Use the outer id of the event (TYPE:…), not d.id.",
  40034029: "Use at most 5 rows of at most 5 buttons.",
  40034100:
    "Active messages are limited (20 a minute and 1000 a day per person or group): wait, or reply to a message.",
  40034105:
    "The person or group has switched active messages off, or the bot may not send them: reply to a message instead.",
  40034128:
    "This message has had all its free replies, or is too old: wait for the next one, or send an active message.",
  40054002: "The bot is muted in this group: wait, or ask an admin to lift it.",
  40054003: "The bot is not in this group (any more): an admin has to add it.",
  40054004: "This person has not added the bot: they have to do so first.",
  40054007: "Split the text into shorter messages.",
  40054010: "Leave the link out or register its domain in the console; words like a.com or file.md count as links.",
  40054013: "This person does not want messages from the bot: do not try again.",
  40054016: "The bot is offline in the console: put it online, or use the sandbox.",
  40054018: "Split the text into shorter messages.",
  40064004: "Messages can be recalled within 2 minutes only.",
  40093001: "Try the part again every second until retry_timeout is over.",
  40093002: "The upload volume of today is used up: try tomorrow.",
  850019: "Send a format that QQ takes (voice: SILK), or a file with file_type 4; what a voice says can go as text.",
  850026: "Use a public https address that the platform can download without signing in.",
  850031: "Send a smaller file: 200 MB is the most.",
};

const exact = new Map<number, ErrorCodeEntry>();
const ranges: ErrorCodeEntry[] = [];

/** Every published row, in the order of the tables. */
export const errorCodes: readonly ErrorCodeEntry[] = Object.entries(errorFamilies).flatMap(([family, rows]) =>
  rows.map((row) => index(entryOf(family, row))),
);

/** Rows that only users have seen. */
export const reportedErrorCodes: readonly ErrorCodeEntry[] = reportedErrors.map((row) =>
  index({ ...entryOf("reported", row), source: "field" }),
);

/** The row of `code`, or the range it falls into; undefined when the platform never told of it. */
export function errorCode(code: number): ErrorCodeEntry | undefined {
  return exact.get(code) ?? ranges.find((entry) => within(entry, code));
}

/**
 * What to do about `code`, known or not: unknown ones are judged by their number (4…… client, 5…… server in the newer
 * eight-digit scheme), else by the HTTP status. RETRY still asks the caller whether a repeat is safe.
 */
export function actionOf(code: number | undefined, status?: number): ErrorAction {
  const known = code === undefined ? undefined : errorCode(code);
  if (known) return known.action;
  if (status === 429) return "WAIT";
  if (status === 401) return "TOKEN";
  if (code !== undefined && code >= 50_000_000) return "RETRY";
  if (code !== undefined && code >= 40_000_000) return "FIX";
  return status !== undefined && status >= 500 ? "RETRY" : "GIVEUP";
}

/** One sentence for people and models; a code's own one goes before that of its action. */
export function remedyOf(action: ErrorAction, code?: number): string {
  return (code === undefined ? undefined : codeRemedies[code]) ?? actionRemedies[action];
}

function entryOf(family: string, [code, meaning, action, facts]: ErrorRow): ErrorCodeEntry {
  const remedy = remedyOf(action, typeof code === "number" ? code : undefined);
  return { code, meaning, action, family, remedy, ...(facts?.source ? { source: facts.source } : {}) };
}

function index(entry: ErrorCodeEntry): ErrorCodeEntry {
  if (typeof entry.code === "number") exact.set(entry.code, entry);
  else ranges.push(entry);
  return entry;
}

function within(entry: ErrorCodeEntry, code: number): boolean {
  return typeof entry.code !== "number" && code >= entry.code[0] && code <= entry.code[1];
}
