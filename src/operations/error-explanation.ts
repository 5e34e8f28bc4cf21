import { z } from "zod";
import { closeCode, knownCloseCodes } from "../protocol/close-codes.ts";
import { actionOf, type ErrorCodeEntry, errorCodes, remedyOf, reportedErrorCodes } from "../protocol/error-codes.ts";
import { loginError } from "../protocol/login-errors.ts";
import { miniError } from "../protocol/mini-errors.ts";
import { defineAction } from "./operation.ts";

const actionWords: Readonly<Record<string, string>> = {
  RETRY: "retry",
  RETRY1: "retry_once",
  TOKEN: "renew_token",
  FIX: "correct_request",
  FALLBACK: "send_plain_text",
  WAIT: "wait",
  EXPIRED: "send_actively",
  PERM: "ask_for_right",
  OPERATOR: "check_console",
  GIVEUP: "give_up",
  AUDIT: "await_review",
  OK: "nothing",
  DUP: "nothing",
  REUPLOAD: "upload_again",
  RECONNECT: "connect_gateway",
};

interface Explanation {
  family: string;
  meaning: string;
  action: string;
  remedy: string;
  source?: string;
}

export const explainError = defineAction({
  name: "explain_error",
  title: "Explain an error code (错误码说明)",
  summary:
    "What a code of the platform means and what to do: API errors (code, err_code), token errors, gateway close codes, QQ login (error, ret) and the mini program (errcode). One code may mean several things in several families.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    code: z
      .int()
      .min(-2_147_483_648)
      .max(2_147_483_647)
      .describe("code, err_code, ret or errcode of the answer, or the WebSocket close code"),
    http_status: z.int().min(100).max(599).optional().describe("HTTP status of the answer, for codes nobody knows"),
  }),
  output: z.looseObject({
    code: z.number(),
    known: z.boolean(),
    explanations: z.array(
      z.looseObject({
        family: z.string(),
        meaning: z.string(),
        action: z.string().describe("What a client does about it, in one word"),
        remedy: z.string(),
        source: z.string().optional().describe("Absent: public tables of 2026-09"),
      }),
    ),
  }),
  docs: "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/error-trace/openapi.html",
  async run(_context, { code, http_status: status }) {
    const rows = [...errorCodes, ...reportedErrorCodes];
    const exact = rows.filter((entry) => entry.code === code);
    const found = exact.length > 0 ? exact : rows.filter((entry) => isWithin(entry, code));
    const explanations: Explanation[] = [...found.map(explain), ...explainClose(code), ...explainOthers(code)];
    if (explanations.length > 0) return { code, known: true, explanations };
    const action = actionOf(code, status);
    const meaning = "not in the platform's tables; judged by its number and the HTTP status";
    const guess = { family: "unknown", meaning, action: actionWords[action] ?? action, remedy: remedyOf(action) };
    return { code, known: false, explanations: [guess] };
  },
});

export const listErrorCodes = defineAction({
  name: "list_error_codes",
  title: "Error codes (错误码一览)",
  summary: "Codes of API errors and gateway closes that explain_error has a row for, ascending, with their meaning.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    starts_with: z
      .string()
      .regex(/^\d{0,10}$/, "must be digits")
      .default("")
      .describe("First digits"),
    limit: z.int().min(1).max(500).default(100).describe("Rows"),
  }),
  output: z.looseObject({
    codes: z.array(z.looseObject({ code: z.number(), meaning: z.string() })),
    has_more: z.boolean(),
  }),
  docs: "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/error-trace/openapi.html",
  async run(_context, { starts_with: start, limit }) {
    const rows = [
      ...errorCodes,
      ...reportedErrorCodes,
      ...knownCloseCodes.map((code) => ({ code, meaning: closeCode(code).meaning })),
    ];
    const meanings = new Map<number, string>();
    for (const { code, meaning } of rows)
      if (typeof code === "number" && String(code).startsWith(start) && !meanings.has(code))
        meanings.set(code, meaning);
    const codes = [...meanings].sort(([a], [b]) => a - b).map(([code, meaning]) => ({ code, meaning }));
    return { codes: codes.slice(0, limit), has_more: codes.length > limit };
  },
});

function isWithin({ code: range }: ErrorCodeEntry, code: number): boolean {
  return typeof range !== "number" && code >= range[0] && code <= range[1];
}

function explain(entry: Omit<ErrorCodeEntry, "code">): Explanation {
  const { family, meaning, action, remedy, source } = entry;
  return { family, meaning, action: actionWords[action] ?? action, remedy, ...(source ? { source } : {}) };
}

function explainOthers(code: number): Explanation[] {
  const [login, mini] = [loginError(code), miniError(code)];
  return [
    ...(login ? [explain({ ...login, family: "QQ login" })] : []),
    ...(mini ? [explain({ ...mini, family: "mini program server API" })] : []),
  ];
}

function explainClose(code: number): Explanation[] {
  if (!knownCloseCodes.includes(code) && !(code >= 4900 && code <= 4913)) return [];
  const { meaning, action, remedy, forGood } = closeCode(code);
  return [{ family: "gateway close codes", meaning, action: forGood ? "give_up" : action, remedy }];
}
