import { type Context, Hono } from "hono";
import type { Access, Connect } from "./connect.ts";
import type { Platform } from "./platform.ts";
import type { User } from "./world.ts";

type Query = Readonly<Record<string, string>>;
type Fields = Record<string, unknown>;

const words: Readonly<Record<number, string>> = {
  100000: "response_type is illegal",
  100001: "client_id is missing",
  100002: "client_secret is missing",
  100004: "grant_type is illegal",
  100005: "code is missing",
  100006: "refresh_token is missing",
  100007: "access_token is missing",
  100008: "client request's app is not existed",
  100009: "client_secret is wrong",
  100010: "redirect uri is illegal",
  100013: "access token is invalid",
  100014: "access token is expired",
  100016: "access token check failed",
  100019: "code to access token error",
  100020: "code is reused error",
  100021: "get access token fail",
  100022: "get refresh token fail",
  100048: "companyid not set",
};

/** QQ login as `graph.qq.com` serves it: refusals with status 200, JSONP unless JSON is asked for. */
export function connectApp(platform: Platform): Hono {
  const { connect } = platform;
  const app = new Hono();
  app.get("/oauth2.0/authorize", (c) => authorizePage(c, platform));
  app.get("/oauth2.0/allow", (c) => {
    const query = c.req.query();
    const user = platform.world.users.find(({ id }) => id === query.user);
    const refused = checkAuthorize(connect, query);
    if (refused !== undefined || !user) return c.html(refusalPage(refused ?? 100_016), 200);
    return c.redirect(grant(connect, user, query), 302);
  });
  app.get("/oauth2.0/token", (c) => answer(c, platform, token(connect, c.req.query())));
  app.get("/oauth2.0/me", (c) => answer(c, platform, me(connect, c.req.query())));
  for (const path of ["/user/get_user_info", "/user/get_simple_userinfo"]) {
    app.get(path, (c) => answer(c, platform, userInfo(connect, c.req.query()), "json"));
  }
  return app;
}

/** Undefined, or the number of what is wrong with the address. */
export function checkAuthorize(connect: Connect, query: Query): number | undefined {
  if (query.response_type !== "code" && query.response_type !== "token") return 100_000;
  if (!query.client_id) return 100_001;
  if (query.client_id !== connect.app.appId) return 100_008;
  return connect.isRegistered(query.redirect_uri ?? "") ? undefined : 100_010;
}

/** Where the browser goes after the person agreed. */
export function grant(connect: Connect, user: User, query: Query): string {
  const target = new URL(query.redirect_uri ?? "");
  if (query.response_type === "token") {
    const access = connect.issue(user);
    const life = String(Math.round(connect.dials.tokenLifeMs / 1000));
    const part = new URLSearchParams({ access_token: access.token, expires_in: life, state: query.state ?? "" });
    target.hash = target.hash === "" ? String(part) : `${target.hash.slice(1)}&${part}`;
    return target.href;
  }
  target.searchParams.set("code", connect.allow(user, query.redirect_uri ?? ""));
  if (query.state !== undefined) target.searchParams.set("state", query.state);
  return target.href;
}

function token(connect: Connect, query: Query): Fields {
  if (!query.client_id) return refusal(100_001);
  if (!query.client_secret) return refusal(100_002);
  if (query.client_id !== connect.app.appId) return refusal(100_008);
  if (query.client_secret !== connect.app.appKey) return refusal(100_009);
  const given = tokens(connect, query);
  if (typeof given === "number") return refusal(given);
  const seconds = Math.round(connect.dials.tokenLifeMs / 1000);
  return {
    access_token: given.token,
    expires_in: connect.dials.expiresAsText ? String(seconds) : seconds,
    refresh_token: given.refreshToken,
    ...(query.need_openid === "1" ? { openid: connect.openidOf(given.user) } : {}),
  };
}

function tokens(connect: Connect, query: Query): Access | number {
  if (query.grant_type === "refresh_token") {
    return query.refresh_token ? connect.refresh(query.refresh_token) : 100_006;
  }
  if (query.grant_type !== "authorization_code") return 100_004;
  return query.code ? connect.redeem(query.code, query.redirect_uri ?? "") : 100_005;
}

function me(connect: Connect, query: Query): Fields {
  if (!query.access_token) return refusal(100_007);
  const access = connect.check(query.access_token);
  if (typeof access === "number") return refusal(access);
  if (query.unionid === "1" && !connect.dials.unionid) return refusal(100_048);
  return {
    client_id: access.clientId,
    openid: connect.openidOf(access.user, access.clientId),
    ...(query.unionid === "1" ? { unionid: connect.unionidOf(access.user) } : {}),
  };
}

/** These say `ret` and `msg` instead of `error`. */
function userInfo(connect: Connect, query: Query): Fields {
  const failed = (ret: number) => ({ ret, msg: words[ret] ?? "openid is illegal" });
  if (!query.access_token) return failed(100_007);
  const access = connect.check(query.access_token);
  if (typeof access === "number") return failed(access);
  if (query.oauth_consumer_key !== access.clientId) return failed(100_008);
  if (query.openid !== connect.openidOf(access.user, access.clientId)) return failed(-22);
  const avatar = (size: number) => `http://thirdqq.qlogo.cn/g?b=oidb&k=${access.user.id}&s=${size}`;
  const space = (size: number) => `http://qzapp.qlogo.cn/qzapp/${access.clientId}/${query.openid}/${size}`;
  return {
    ...{ ret: 0, msg: "", is_lost: 0, nickname: access.user.name, gender: "男", gender_type: 2 },
    ...{ province: "", city: "", year: "2000", constellation: "" },
    ...{ figureurl: space(30), figureurl_1: space(50), figureurl_2: space(100) },
    ...{ figureurl_qq_1: avatar(40), figureurl_qq_2: avatar(100) },
    ...{ is_yellow_vip: "0", vip: "0", yellow_vip_level: "0", level: "0", is_yellow_year_vip: "0" },
  };
}

function refusal(error: number): Fields {
  return { error, error_description: words[error] ?? "error" };
}

/** Successes of the token call are form text unless JSON is asked for, everything else JSONP. All are `text/html`. */
function answer(c: Context, platform: Platform, fields: Fields, usual: "json" | "jsonp" = "jsonp"): Response {
  platform.frames.add({
    at: platform.clock.now(),
    dir: "in",
    kind: "rest",
    method: c.req.method,
    path: c.req.path,
    status: 200,
    data: { request: { ...c.req.query(), ...(c.req.query("code") ? { code: "[redacted]" } : {}) }, response: fields },
  });
  const json = JSON.stringify(fields);
  if (usual === "json" || c.req.query("fmt") === "json") return c.html(json);
  if (c.req.path === "/oauth2.0/token" && !("error" in fields)) {
    const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
    return c.html(String(new URLSearchParams(pairs)));
  }
  return c.html(`callback( ${json} );`);
}

function authorizePage(c: Context, platform: Platform): Response {
  const query = c.req.query();
  const refused = checkAuthorize(platform.connect, query);
  if (refused !== undefined) return page(c, refusalPage(refused));
  const rows = platform.world.users.map((user) => {
    const target = `/oauth2.0/allow?${new URLSearchParams({ ...query, user: user.id })}`;
    return `<li><a href="${escapeHtml(target)}">${escapeHtml(user.name)} (${escapeHtml(user.id)})</a></li>`;
  });
  const scope = escapeHtml(query.scope ?? "get_user_info");
  return page(
    c,
    `<h1>QQ 登录(本地)/ QQ login (local)</h1><p>应用 ${escapeHtml(query.client_id ?? "")} 请求 / asks for: ${scope}</p>
<p>以谁的身份同意 / agree as:</p><ul>${rows.join("")}</ul>
<p>取消 = 关闭此窗口,不会跳回 / to cancel, close this window: nobody is sent back.</p>`,
  );
}

function refusalPage(code: number): string {
  return `<h1>QQ 登录(本地)</h1><p>error ${code}: ${escapeHtml(words[code] ?? "error")}</p>`;
}

function page(c: Context, body: string): Response {
  c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  c.header("referrer-policy", "no-referrer");
  return c.html(`<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>QQ 登录</title>${body}</html>`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
