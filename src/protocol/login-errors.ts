import type { ErrorAction } from "./error-codes-data.ts";

/** A refusal of QQ login (QQ Connect): `error` of authorize, token and me, `ret` of the user calls. */
export interface LoginError {
  code: number;
  meaning: string;
  action: ErrorAction;
  /** One sentence. */
  remedy: string;
  /** The stored tokens are of no more use: the person has to log in again. */
  needsLogin: boolean;
  /** From the older open.qq.com table; may still come as `ret`. */
  isLegacy?: true;
}

const app = "Check QQ_CONNECT_APP_ID and QQ_CONNECT_APP_KEY against connect.qq.com (应用管理).";
const bug = "The request was built wrongly: report it.";
const login = "The person has to log in again (oauth_authorize_url).";
const later = "The platform failed for a moment: try again shortly.";

type Row = readonly [code: number, meaning: string, action: ErrorAction, remedy: string, needsLogin?: true];

/** Public return codes of the QQ Connect wiki; 100050 is in one copy of the table only. */
const rows: readonly Row[] = [
  [100000, "response_type is missing or illegal", "FIX", "Build the address with oauth_authorize_url."],
  [100001, "client_id is missing", "OPERATOR", app],
  [100002, "client_secret is missing", "OPERATOR", app],
  [100003, "the Authorization header is missing", "GIVEUP", bug],
  [100004, "grant_type is missing or illegal", "GIVEUP", bug],
  [100005, "code is missing", "GIVEUP", bug],
  [100006, "refresh_token is missing", "GIVEUP", bug],
  [100007, "access_token is missing", "GIVEUP", bug],
  [100008, "the AppID does not exist", "OPERATOR", app],
  [100009, "client_secret (AppKey) is wrong", "OPERATOR", app],
  [
    100010,
    "the redirect address is not the registered one",
    "OPERATOR",
    "Register the full address (scheme, host, path, no query) as callback at connect.qq.com, and set QQ_CONNECT_REDIRECT_URI to the same; a change may take two hours.",
  ],
  [100011, "the app is not online", "OPERATOR", "Before its review only the owner's QQ can log in to the app."],
  [100012, "the call must be a POST", "GIVEUP", bug],
  [100013, "the access token is invalid: revoked by the person, or recycled", "GIVEUP", login, true],
  [100014, "the access token has expired", "GIVEUP", `Refresh it (oauth_refresh); if that is refused: ${login}`, true],
  [100015, "the access token was withdrawn", "GIVEUP", login, true],
  [100016, "the access token check failed", "GIVEUP", login, true],
  [100017, "the AppID could not be looked up", "RETRY1", later],
  [100018, "the code could not be looked up", "RETRY1", login, true],
  [100019, "the code could not be turned into a token", "GIVEUP", login, true],
  [100020, "the code was used before", "GIVEUP", `A code works once. ${login}`, true],
  [
    100021,
    "no access token could be given; a refresh token works once",
    "GIVEUP",
    `An older refresh token was used. ${login}`,
    true,
  ],
  [100022, "the refresh token could not be looked up", "GIVEUP", login, true],
  [100023, "the app's rights could not be looked up", "RETRY", later],
  [100024, "the person's rights could not be looked up", "RETRY", later],
  [100025, "the app's rights could not be looked up", "RETRY", later],
  [100026, "the person's rights could not be looked up", "RETRY", later],
  [100027, "the person's rights could not be looked up", "RETRY", later],
  [100028, "the parameter which is missing", "GIVEUP", bug],
  [100029, "wrong HTTP request", "GIVEUP", bug],
  [100030, "the person did not grant this call, or took it back", "PERM", `${login} Name the call in scope.`, true],
  [100031, "the app has no right to this call", "PERM", "Apply for it at connect.qq.com."],
  [100048, "unionid is not enabled for the app", "PERM", "Enable unionid in the console, or ask without it."],
  [100050, "the refresh token is invalid", "GIVEUP", login, true],
];

const legacyRows: readonly Row[] = [
  [-1, "wrong parameter", "FIX", "Change the request as the message says."],
  [-2, "the AppID is unknown", "OPERATOR", app],
  [-3, "the app has no right to this call", "PERM", "Apply for it at connect.qq.com."],
  [-4, "this machine's address is not allowed", "OPERATOR", "Add the public IP to the app's list in the console."],
  [-5, "wrong signature", "GIVEUP", bug],
  [-6, "too many calls", "WAIT", "Wait before the next try."],
  [-7, "the call must use https", "OPERATOR", "Use an https address as QQ_CONNECT_BASE."],
  [-8, "blocked by the platform's review", "GIVEUP", "This cannot work: do not try again."],
  [-9, "no such call", "GIVEUP", bug],
  [-20, "the person did not grant this call", "PERM", login, true],
  [-21, "the token was withdrawn", "GIVEUP", login, true],
  [-22, "the openid is illegal", "FIX", "Use the openid that belongs to this token and app."],
  [-23, "the openkey is illegal", "GIVEUP", login, true],
  [-24, "the openkey check failed", "GIVEUP", login, true],
  [1002, "not logged in", "GIVEUP", login, true],
];

const read = ([code, meaning, action, remedy, needsLogin]: Row): LoginError => ({
  ...{ code, meaning, action, remedy },
  needsLogin: needsLogin ?? false,
});

export const loginErrors: readonly LoginError[] = [
  ...rows.map(read),
  ...legacyRows.map((row): LoginError => ({ ...read(row), isLegacy: true })),
];

const byCode = new Map(loginErrors.map((row) => [row.code, row]));

export function loginError(code: number): LoginError | undefined {
  return byCode.get(code);
}
