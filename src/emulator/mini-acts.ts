import { z } from "zod";
import { type Act, defineAct } from "./act.ts";
import { userOf } from "./connect-acts.ts";
import { templateId } from "./mini.ts";

const person = z.string().min(1).max(64);

/** What people do in the mini program, and what its console can be made to do. */
export const miniActs: Readonly<Record<string, Act>> = {
  /** `qq.login` and `qq.getUserInfo`: what the client hands to its server. */
  mini_login: defineAct(z.strictObject({ as: person }), (platform, { as }) => {
    const user = userOf(platform, as);
    const code = platform.mini.login(user);
    return { js_code: code, openid: platform.mini.openidOf(user), ...platform.mini.userInfo(user) };
  }),
  mini_subscribe: defineAct(
    z.strictObject({
      as: person,
      template_id: z.string().max(64).default(templateId),
      state: z.enum(["none", "agreed", "refused"]).default("agreed"),
    }),
    (platform, { as, template_id: template, state }) => {
      platform.mini.subscribe(userOf(platform, as), template, state);
      return { template_id: template };
    },
  ),
  /** The access token is over at once. */
  mini_expire_token: defineAct(z.strictObject({}), (platform) => {
    platform.mini.expireToken();
    return {};
  }),
  mini_settings: defineAct(
    z.strictObject({
      banned_words: z.array(z.string().min(1).max(64)).max(100).optional(),
      code_limit: z.int().min(0).max(50).optional(),
      unionid: z.boolean().optional(),
    }),
    ({ mini }, input) => {
      mini.dials = {
        ...mini.dials,
        bannedWords: input.banned_words ?? mini.dials.bannedWords,
        codeLimit: input.code_limit ?? mini.dials.codeLimit,
        hasUnionid: input.unionid ?? mini.dials.hasUnionid,
      };
      return { ...mini.dials };
    },
  ),
};
