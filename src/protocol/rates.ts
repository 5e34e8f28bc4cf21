/** How often one bot may call. */
export interface Rate {
  limit: number;
  perMs: number;
  /** Counted apart for every value of this path placeholder; absent = for the whole bot. */
  per?: string;
}

const perSecond = (limit: number): Rate => ({ limit, perMs: 1000 });
const perMinute = (limit: number): Rate => ({ limit, perMs: 60_000 });
const perDay = (limit: number, per: string): Rate => ({ limit, perMs: 86_400_000, per });

/**
 * Published interface rates by `METHOD /path/{template}`, placeholders by their documented names. Source: endpoint pages of
 * 2026-09. Routes that are missing here have no published rate.
 */
const rates: Readonly<Record<string, Rate>> = {
  "GET /users/@me": perSecond(50),
  "GET /users/@me/guilds": perSecond(50),
  "POST /v2/generate_url_link": perSecond(50),
  "PUT /interactions/{interaction_id}": perSecond(50),
  "GET /v2/menu": perMinute(30),
  "PUT /v2/menu": perMinute(5),
  "GET /v2/panels": perMinute(30),
  "POST /v2/panels": perMinute(10),
  "GET /v2/panels/{panel_id}": perMinute(30),
  "PUT /v2/panels/{panel_id}": perMinute(10),
  "DELETE /v2/panels/{panel_id}": perMinute(10),
  "PUT /v2/panels/{panel_id}/target": perMinute(60),
  "POST /v2/users/{user_openid}/messages": perSecond(100),
  "DELETE /v2/users/{user_openid}/messages/{message_id}": perSecond(10),
  "POST /v2/users/{user_openid}/stream_messages": perSecond(50),
  "POST /v2/users/{user_openid}/files": perSecond(50),
  "POST /v2/users/{user_id}/upload_prepare": perSecond(10),
  "POST /v2/users/{user_id}/upload_part_finish": perSecond(10),
  "POST /v2/groups/{group_openid}/messages": perSecond(100),
  "DELETE /v2/groups/{group_openid}/messages/{message_id}": perSecond(10),
  "POST /v2/groups/{group_openid}/files": perSecond(50),
  "POST /v2/groups/{group_id}/upload_prepare": perSecond(10),
  "POST /v2/groups/{group_id}/upload_part_finish": perSecond(10),
  "GET /v2/groups/{group_openid}/info": perMinute(30),
  "GET /v2/groups/{group_openid}/bot_state": perMinute(30),
  "GET /v2/groups/{group_openid}/members": perMinute(60),
  "GET /v2/groups/{group_openid}/members/{member_openid}": perMinute(30),
  "POST /v2/groups/{group_openid}/batch_remove_members": perMinute(30),
  "GET /v2/groups/{group_openid}/member_blacklist": perMinute(30),
  "POST /v2/groups/{group_openid}/member_blacklist": perMinute(60),
  "GET /v2/groups/{group_openid}/restrict_chat_setting": perMinute(30),
  "POST /v2/groups/{group_openid}/restrict_chat_setting": perMinute(60),
  "GET /v2/groups/{group_openid}/join_request_list": perMinute(30),
  "POST /v2/groups/{group_openid}/approval_join_request/{member_openid}": perMinute(60),
  "GET /v2/groups/join_approval_strategy": perMinute(60),
  "POST /v2/groups/join_approval_strategy": perMinute(60),
  "PATCH /v2/groups/join_approval_strategy/{strategy_id}": perMinute(60),
  "DELETE /v2/groups/join_approval_strategy/{strategy_id}": perMinute(60),
  "POST /v2/groups/join_approval_strategy/{strategy_id}/execute": perMinute(60),
  "POST /v2/groups/join_approval_strategy/{strategy_id}/whitelist_users": perMinute(60),
  "GET /guilds/{guild_id}": perSecond(50),
  "GET /guilds/{guild_id}/channels": perSecond(50),
  "POST /guilds/{guild_id}/channels": perSecond(50),
  "GET /channels/{channel_id}": perSecond(50),
  "PATCH /channels/{channel_id}": perSecond(50),
  "DELETE /channels/{channel_id}": perSecond(50),
  "POST /channels/{channel_id}/messages": { ...perSecond(5), per: "channel_id" },
  "POST /guilds/{guild_id}/api_permission/demand": perDay(3, "guild_id"),
};

/** The published rate of a route, undefined when there is none. */
export function rateOf(method: string, template: string): Rate | undefined {
  return rates[`${method} ${template}`];
}

/** Every route with a published rate, as `METHOD /path`. */
export const ratedRoutes: readonly string[] = Object.keys(rates);
