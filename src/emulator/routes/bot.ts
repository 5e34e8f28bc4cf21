import { limitOf, ok, type Route, textOf } from "../call.ts";
import { secret } from "../identity.ts";
import { refuse } from "../refusal.ts";
import { guildOf } from "./guild.ts";

/** The bot itself and its way in. */
export const botRoutes: readonly Route[] = [
  {
    endpoint: "gateway.get",
    method: "GET",
    path: "/gateway",
    handle: ({ platform }) => ok({ url: gatewayUrl(platform.url) }),
  },
  {
    endpoint: "gateway.bot.get",
    method: "GET",
    path: "/gateway/bot",
    handle: ({ platform }) =>
      ok({
        url: gatewayUrl(platform.url),
        shards: platform.dials.shards,
        session_start_limit: platform.gateway.announcedLimit(),
      }),
  },
  {
    endpoint: "bot.me",
    method: "GET",
    path: "/users/@me",
    handle: ({ platform: { world, app } }) =>
      ok({
        id: world.bot.id,
        username: world.bot.name,
        avatar: world.bot.avatar,
        union_openid: "",
        union_user_account: "",
        share_url: `https://qun.qq.com/qunpro/robot/qunshare?robot_appid=${app.appId}`,
        welcome_msg: "",
      }),
  },
  {
    endpoint: "bot.guilds",
    method: "GET",
    path: "/users/@me/guilds",
    handle: ({ platform, query }) => {
      const ids = platform.world.guilds.filter(({ state }) => state.isBotIn).map((guild) => guild.id);
      const limit = limitOf(query, 100, 100);
      // `before` walks backwards and wins over `after`, as documented.
      const page = query.before
        ? ids.slice(0, Math.max(0, ids.indexOf(query.before))).reverse()
        : ids.slice(query.after ? ids.indexOf(query.after) + 1 : 0);
      return ok(page.slice(0, limit).map((id) => guildOf(platform, id).wire));
    },
  },
  {
    endpoint: "bot.share_link.create",
    method: "POST",
    path: "/v2/generate_url_link",
    handle: ({ platform, body }) => {
      const data = textOf(body, "callback_data") ?? "";
      if (data.length > 32) refuse(10001, "callback_data may have 32 characters");
      const link = `https://qun.qq.com/qunpro/robot/share?robot_appid=${platform.app.appId}&k=${secret(9)}`;
      platform.world.settings.shareLinks.set(link, data);
      return ok({ url_link: link });
    },
  },
];

/** `http://host:port` -> `ws://host:port/websocket`. */
function gatewayUrl(url: string): string {
  return `${url.replace(/^http/, "ws")}/websocket`;
}
