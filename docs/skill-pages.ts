import { commands } from "../src/bot/commands.ts";
import { settings } from "../src/config/load.ts";
import { operations } from "../src/operations/all.ts";
import { inputSchema } from "../src/operations/call.ts";
import type { Operation, Toolset } from "../src/operations/operation.ts";
import { closeCode, knownCloseCodes } from "../src/protocol/close-codes.ts";
import { type ErrorAction, errorCodes, reportedErrorCodes } from "../src/protocol/error-codes.ts";
import { eventSpecs } from "../src/protocol/events.ts";
import { defaultIntents, intents } from "../src/protocol/intents.ts";
import { rateOf } from "../src/protocol/rates.ts";
import { limitRows, opcodeRows } from "./skill-facts.ts";
import { fieldPart } from "./skill-fields.ts";
import { page, table } from "./skill-page.ts";
import {
  actionWords,
  closeMeanings,
  closeWords,
  errorFamilyWords,
  eventWords,
  grantWords,
  intentWords,
  permissionWords,
  wordFor,
} from "./skill-words.ts";

/** Operations of these families, or of these names, with their parameters. */
export function operationPage(
  title: string,
  wanted: { families?: readonly Toolset[]; names?: readonly string[] },
): string {
  const { families = [], names = [] } = wanted;
  const found = operations.filter(({ name, toolset }) => families.includes(toolset) || names.includes(name));
  const missing = names.filter((name) => !found.some((operation) => operation.name === name));
  if (missing.length > 0) throw new Error(`${title}: there is no operation ${missing.join(", ")}`);
  return page(
    title,
    "MCP 里名字前加 `qq_`；命令行是 `call <操作>`。`*` = 必填。标出的频率是平台公布的每个机器人的上限。",
    ...found.map(operationPart),
  );
}

function operationPart(operation: Operation): string {
  const { name, title, summary, permission, method, path, status } = operation;
  const [, word = title] = /\(([^()]*)\)$/.exec(title) ?? [];
  const rate = method && path ? rateOf(method, path) : undefined;
  const facts = [
    wordFor(permissionWords, permission, "right"),
    ...(path ? [`\`${method} ${path}\``] : []),
    ...(rate ? [`${rate.limit} 次/${timeWord(rate.perMs)}${rate.per ? `(每个 ${rate.per})` : ""}`] : []),
    ...(status === "current" ? [] : [`**${status}**`]),
  ];
  const { properties = {}, required = [] } = inputSchema(operation) as Shape;
  const fields = Object.entries(properties).map(([field, shape]) => {
    const text = (shape.description ?? "").replaceAll("\n", " ");
    return `- \`${field}\`${required.includes(field) ? " \\*" : ""} ${typeWord(shape)}${text ? ` — ${text}` : ""}`;
  });
  return [`## ${name} ${word}`, "", summary, "", facts.join(" · "), ...(fields.length > 0 ? ["", ...fields] : [])].join(
    "\n",
  );
}

interface Field {
  type?: string;
  enum?: readonly unknown[];
  anyOf?: readonly Field[];
  description?: string;
}
interface Shape {
  properties?: Record<string, Field>;
  required?: readonly string[];
}

function typeWord({ enum: values, type, anyOf }: Field): string {
  return values?.map((value) => `\`${value}\``).join(" ") ?? type ?? anyOf?.map(typeWord).join(" / ") ?? "any";
}

function timeWord(ms: number): string {
  return ms === 1000 ? "秒" : ms === 60_000 ? "分钟" : "天";
}

/** Rows of the published table, by its own headings; the meanings are those that `explain_error` gives. */
export function errorPage(title: string, families: readonly string[]): string {
  const parts = families.map((family) => {
    // What only says "again, later" fills a third of the tables and needs no looking up.
    const rows = errorCodes.filter((entry) => entry.family === family && !isPassing(entry.action)).map(errorRow);
    if (rows.length === 0) throw new Error(`${title}: there is no family of codes ${family}`);
    return [`## ${wordFor(errorFamilyWords, family, "family of codes")}`, "", ...table("码 意思 做什么", rows)];
  });
  const reported = ["## 只见于用户报告", "", ...table("码 意思 做什么", reportedErrorCodes.map(errorRow))];
  return page(
    title,
    "只按数字判断，不看文字：`err_code`，没有就看 `code`。HTTP 2xx 里也可能有错误码。没列出的，多是平台一时出错：稍后重试，最多 3 次；拿不准用 `explain_error` 查。",
    [
      "## 做什么",
      "",
      ...table(
        "代号 意思",
        Object.entries(actionWords).filter(([action]) => !isPassing(action)),
      ),
    ],
    ...parts,
    reported,
  );
}

const isPassing = (action: string) => action === "RETRY" || action === "RETRY1";

function errorRow({
  code,
  meaning,
  action,
}: {
  code: number | readonly [number, number];
  meaning: string;
  action: ErrorAction;
}) {
  return [typeof code === "number" ? code : `${code[0]}–${code[1]}`, meaning, action];
}

export function intentPage(): string {
  const rows = intents.map(({ bit, value, name, grant }) => [
    bit,
    value,
    name,
    wordFor(grantWords, grant, "grant"),
    wordFor(intentWords, name, "intent"),
  ]);
  return page(
    "intents：订阅哪些事件",
    "掩码是各位之和。有一位没有权限，整个鉴权就失败（op 9，然后 4013 或 4014）：从少的开始，逐位添加。",
    table("位 值 名字 谁能用 内容", rows),
    `常用：只要私聊和群 \`${2 ** 25}\`；加按钮 \`${2 ** 25 + 2 ** 26}\`；再加频道里的 @ \`${2 ** 25 + 2 ** 26 + 2 ** 30}\`；本程序默认 \`${defaultIntents}\`（位 0、1、12、25、26、30）。webhook 没有 intents，在控制台勾选事件。`,
  );
}

export function eventPage(): string {
  const groups = new Map<number | null, (typeof eventSpecs)[number][]>();
  for (const spec of eventSpecs) groups.set(spec.intentBit, [...(groups.get(spec.intentBit) ?? []), spec]);
  const parts = [...groups].map(([bit, specs]) => {
    const name = intents.find((intent) => intent.bit === bit)?.name;
    const rows = specs.map(({ type, scene, replyWith, replyWindowMs, replyMax }) => [
      `\`${type}\``,
      scene,
      wordFor(eventWords, type, "event"),
      replyWith === null
        ? "–"
        : `\`${replyWith}\`${replyWindowMs === null ? "" : ` ${replyWindowMs / 60_000} 分钟`}${replyMax === null ? "" : ` ${replyMax} 次`}`,
    ]);
    return [`## ${bit === null ? "会话" : `位 ${bit} ${name}`}`, "", ...table("事件 位置 何时 能否免费回复", rows)];
  });
  return page(
    "事件",
    "外壳是 `{op: 0, s, t, id, d}`：`t` 是类型，`s` 是序号（恢复时用），外层 `id` 是事件 id（去重用；按事件回复时作 `event_id`），`d` 是内容。按消息回复用 `d.id` 作 `msg_id`。私聊和群按 `event_id` 回复的时限平台没有公布，按消息的算。",
    ...parts,
    fieldPart(),
  );
}

export function framePage(): string {
  const closing = knownCloseCodes.map((code) => [
    code,
    wordFor(closeMeanings, String(code), "close code"),
    closeWords[closeCode(code).action],
  ]);
  return page(
    "帧与关闭码",
    ["## op", "", ...table("op 名字 方向 含义", opcodeRows)],
    [
      "## 关闭码",
      "",
      "4900–4913 都是网关内部错误：重新鉴权。没列出的 4xxx：重新鉴权，连续 10 次就停。",
      "",
      ...table("码 意思 做什么", closing),
    ],
  );
}

export function settingsPage(): string {
  const rows = settings()
    .filter(({ env }) => /^(QQ_BOT_|OPENAI_|QQ_SKILL_)/.test(env))
    .map(({ env, flag, secret, default: initial, description }) => [
      `\`${env}\``,
      flag ? `\`${flag}\`` : secret ? "（密钥）" : "–",
      initial ? `\`${initial}\`` : "",
      description,
    ]);
  return page(
    "设置",
    "环境变量、flag、`.env`，或 `QQ_SKILL_CONFIG` 指的 JSON 文件。",
    table("变量 flag 默认 作用", rows),
  );
}

export function numberedErrors(
  title: string,
  rows: readonly { code: number; meaning: string; remedy: string }[],
): string {
  return page(
    title,
    table(
      "码 意思 做什么",
      rows.map(({ code, meaning, remedy }) => [code, meaning, remedy]),
    ),
  );
}

export function limitPage(): string {
  return page("限制", table("项目 数值", limitRows));
}

export function commandPage(): string {
  const rows = commands.map(({ name, chinese, usage, summary, least }) => [
    `\`/${name}\` \`/${chinese}\`${usage ? ` ${usage}` : ""}`,
    summary.chinese,
    least.alone,
    least.among,
  ]);
  return page(
    "指令",
    "消息的第一个词，半角和全角的斜杠都行。群和频道里要 @ 它，或它本来就会答。表里没有的就是普通的话。",
    table("指令 作用 私聊里最低权限 群和频道里最低权限", rows),
  );
}
