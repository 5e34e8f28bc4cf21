import type { ErrorAction } from "./error-codes-data.ts";

/** A refusal of the mini program's server API: `errcode`, or `errCode` of the content checks. */
export interface MiniError {
  meaning: string;
  action: ErrorAction;
  remedy: string;
}

const later = "The platform is busy: try again shortly.";
const app = "Check QQ_MINI_APP_ID and QQ_MINI_APP_SECRET against q.qq.com (设置, 开发设置).";
const template = "Compare template_id and data with the template in the console.";

type Row = readonly [code: number, meaning: string, action: ErrorAction, remedy: string];

/** Code tables of the single calls. 41030 has two meanings: of the newer message call here. */
const rows: readonly Row[] = [
  [-1, "the platform is busy", "RETRY", later],
  [-3000, "the access token check failed", "TOKEN", "A new access token is fetched and the call repeated once."],
  [40001, "the AppSecret is wrong or of another app", "OPERATOR", app],
  [40002, "grant_type is wrong", "GIVEUP", "The request was built wrongly: report it."],
  [40013, "the AppID is invalid", "OPERATOR", app],
  [40014, "the access token has expired", "TOKEN", "A new access token is fetched and the call repeated once."],
  [40015, "oac_appid is wrong", "FIX", "Name the bound official account, or leave oac_appid out."],
  [
    40029,
    "the code is invalid or was used before",
    "FIX",
    "Have the mini program call qq.login again: a code works once.",
  ],
  [40035, "the parameters differ from the template", "FIX", template],
  [40036, "the message service failed", "FIX", "The message of the platform says what is wrong."],
  [40037, "template_id is wrong", "FIX", template],
  [41028, "form_id is wrong or has expired", "FIX", "Use a fresh form_id, or a subscribe message."],
  [41029, "form_id was used before", "FIX", "Use a fresh form_id, or a subscribe message."],
  [41030, "messages to this person come too fast", "WAIT", "Wait before the next message to this person."],
  [45009, "the daily quota is used up", "WAIT", "Try tomorrow."],
  [45011, "too many calls for this person (100 a minute)", "WAIT", "Wait a minute."],
  [45029, "all 50 codes of the app are made", "GIVEUP", "Use mini_link: a plain link has no limit."],
  [
    46001,
    "the person has not subscribed to this template",
    "PERM",
    "The person has to agree in the mini program first.",
  ],
  [46002, "the daily limit of messages is reached", "WAIT", "Try tomorrow."],
  [46003, "the person refused these messages", "PERM", "Only the person can allow them again."],
  [46004, "the person does not follow the official account", "PERM", "The person has to follow the account first."],
  [46005, "the official account is not bound to the app", "OPERATOR", "Bind the account in the console."],
  [47001, "the app is banned from sending", "GIVEUP", "Appeal in the console."],
  [87014, "risky content", "FIX", "Do not publish this content."],
];

const byCode = new Map<number, MiniError>(
  rows.map(([code, meaning, action, remedy]) => [code, { meaning, action, remedy }]),
);

export const miniErrors = [...byCode].map(([code, row]) => ({ code, ...row }));

export function miniError(code: number): MiniError | undefined {
  return byCode.get(code);
}
