import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { type Act, defineAct } from "./act.ts";
import { checkAuthorize, grant } from "./connect-app.ts";
import { missing } from "./control-errors.ts";
import type { Platform } from "./platform.ts";
import type { User } from "./world.ts";

const person = z.string().min(1).max(64);

export function userOf(platform: Platform, id: string): User {
  const user = platform.world.users.find((each) => each.id === id);
  if (!user) throw missing("as", `no user ${id}`);
  return user;
}

/** What people do about QQ login, and what its console and support can be made to do. */
export const connectActs: Readonly<Record<string, Act>> = {
  /** A person agrees on the authorize page; answers where the browser goes. */
  login_allow: defineAct(z.strictObject({ as: person, url: z.string().min(1).max(4096) }), (platform, { as, url }) => {
    const query = Object.fromEntries(URL.parse(url)?.searchParams ?? []);
    const refused = checkAuthorize(platform.connect, query);
    if (refused !== undefined) throw new InputError("url", `the authorize page shows error ${refused}`);
    return { callback_url: grant(platform.connect, userOf(platform, as), query) };
  }),
  /** A person takes the app's rights back (设置, 隐私, 授权管理). */
  login_revoke: defineAct(z.strictObject({ as: person }), (platform, { as }) => {
    platform.connect.revoke(userOf(platform, as));
    return {};
  }),
  /** Every access token is over at once. */
  login_expire: defineAct(z.strictObject({}), (platform) => {
    platform.connect.expireAll();
    return {};
  }),
  /** A token of another app for the same person: what a stolen one looks like. */
  login_foreign_token: defineAct(
    z.strictObject({ as: person, client_id: z.string().regex(/^\d{1,20}$/) }),
    (platform, { as, client_id: clientId }) => ({
      access_token: platform.connect.issue(userOf(platform, as), clientId).token,
    }),
  ),
  login_settings: defineAct(
    z.strictObject({
      redirect_uris: z.array(z.url().max(1024)).max(20).optional(),
      unionid: z.boolean().optional(),
      expires_in_as_text: z.boolean().optional(),
      token_life_ms: z.int().min(1000).max(31_536_000_000).optional(),
    }),
    ({ connect }, input) => {
      connect.dials = {
        redirectUris: input.redirect_uris ?? connect.dials.redirectUris,
        unionid: input.unionid ?? connect.dials.unionid,
        expiresAsText: input.expires_in_as_text ?? connect.dials.expiresAsText,
        tokenLifeMs: input.token_life_ms ?? connect.dials.tokenLifeMs,
      };
      return { ...connect.dials };
    },
  ),
};
