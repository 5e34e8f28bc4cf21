import { z } from "zod";
import { docsPage } from "./docs-page.ts";
import { defineAction, defineCall } from "./operation.ts";

export const getBotProfile = defineCall({
  name: "get_bot_profile",
  title: "Bot profile (机器人资料)",
  summary: "Name, id and avatar of the bot itself. Also shows that the credentials work.",
  toolset: "account",
  permission: "read",
  scope: "bot",
  listed: true,
  service: "bot",
  method: "GET",
  path: "/users/@me",
  input: z.strictObject({}),
  output: z.looseObject({
    id: z.string().describe("User id of the bot in guilds"),
    username: z.string(),
    avatar: z.string().optional(),
    bot: z.boolean().optional(),
    union_openid: z.string().optional(),
    union_user_account: z.string().optional(),
    share_url: z.string().optional().describe("Link to add the bot"),
    welcome_msg: z.string().optional(),
  }),
  docs: docsPage("channel/manage/user/me"),
});

export const getTokenStatus = defineAction({
  name: "get_token_status",
  title: "Access token status (调用凭证状态)",
  summary: "Whether the platform gives this bot an access token, and how long it lives. Never shows the token.",
  toolset: "account",
  permission: "read",
  scope: "bot",
  method: "POST",
  path: "/app/getAppAccessToken",
  input: z.strictObject({}),
  output: z.looseObject({
    app_id: z.string(),
    state: z.enum(["none", "valid", "expired"]),
    expires_at: z.string().optional().describe("ISO 8601"),
    remaining_seconds: z.number().optional(),
  }),
  docs: "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/api-use.html",
  async run(context, _input, signal) {
    await context.token.get(signal);
    const { state, expiresAt, remainingSeconds } = context.token.status();
    return {
      app_id: context.appId,
      state,
      ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }),
      ...(remainingSeconds === undefined ? {} : { remaining_seconds: remainingSeconds }),
    };
  },
});

const gatewayDocs = "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/event-emit.html";

export const getGateway = defineCall({
  name: "get_gateway",
  title: "Gateway address (网关地址)",
  summary: "WebSocket address of the event gateway.",
  toolset: "account",
  permission: "read",
  scope: "bot",
  service: "bot",
  method: "GET",
  path: "/gateway",
  input: z.strictObject({}),
  output: z.looseObject({ url: z.string() }),
  docs: gatewayDocs,
});

export const getGatewayBot = defineCall({
  name: "get_gateway_bot",
  title: "Gateway address, shards and session quota (网关地址与分片)",
  summary: "WebSocket address with the advised number of shards and how many sessions may still be started today.",
  toolset: "account",
  permission: "read",
  scope: "bot",
  service: "bot",
  method: "GET",
  path: "/gateway/bot",
  input: z.strictObject({}),
  output: z.looseObject({
    url: z.string(),
    shards: z.number(),
    session_start_limit: z
      .looseObject({
        total: z.number(),
        remaining: z.number(),
        reset_after: z.number().describe("Milliseconds"),
        max_concurrency: z.number().describe("Sessions per 5 s"),
      })
      .optional(),
  }),
  docs: gatewayDocs,
});
