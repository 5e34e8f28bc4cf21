import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { unionidOf } from "./connect.ts";
import { openid, secret } from "./identity.ts";
import type { PlatformClock } from "./platform-clock.ts";
import type { User } from "./world.ts";

export interface MiniDials {
  bannedWords: string[];
  /** Codes that the app may have in all. */
  codeLimit: number;
  tokenLifeMs: number;
  hasUnionid: boolean;
}

export type Subscription = "none" | "agreed" | "refused";

interface Template {
  /** How many keywords it has. */
  keywords: number;
}

const startDials = (): MiniDials => ({
  bannedWords: ["违禁"],
  codeLimit: 50,
  tokenLifeMs: 7_200_000,
  hasUnionid: true,
});

/** The one template of the console. */
export const templateId = "b2f1e7c04c5d4f0e9a";

/** The mini program's side of the platform: a new token ends the one before, login codes work once. */
export class Mini {
  readonly app: { readonly appId: string; readonly appSecret: string };
  readonly templates: ReadonlyMap<string, Template> = new Map([[templateId, { keywords: 2 }]]);
  readonly #clock: PlatformClock;
  dials = startDials();
  /** Paths of the codes that were made. */
  codes: string[] = [];
  sent: { openid: string; template_id: string; data: unknown }[] = [];
  storage = new Map<string, Map<string, string>>();
  #token: { value: string; until: number } | undefined;
  #codes = new Map<string, User>();
  #sessionKeys = new Map<User, string>();
  #subscriptions = new Map<string, Subscription>();

  constructor(app: { appId: string; appSecret: string }, clock: PlatformClock) {
    this.app = app;
    this.#clock = clock;
  }

  issueToken(): { value: string; seconds: number } {
    const value = secret(48);
    this.#token = { value, until: this.#clock.now() + this.dials.tokenLifeMs };
    return { value, seconds: Math.round(this.dials.tokenLifeMs / 1000) };
  }

  isToken(value: string): boolean {
    return this.#token?.value === value && this.#token.until > this.#clock.now();
  }

  expireToken(): void {
    this.#token = undefined;
  }

  /** `qq.login` in the mini program: the code, and a new session key. */
  login(user: User): string {
    const code = secret(24);
    this.#codes.set(code, user);
    this.#sessionKeys.set(user, randomBytes(16).toString("base64"));
    return code;
  }

  redeem(code: string): { openid: string; session_key: string; unionid?: string } | undefined {
    const user = this.#codes.get(code);
    const key = user && this.#sessionKeys.get(user);
    if (!user || !key) return undefined;
    this.#codes.delete(code);
    return {
      openid: this.openidOf(user),
      session_key: key,
      ...(this.dials.hasUnionid ? { unionid: unionidOf(user) } : {}),
    };
  }

  /** `qq.getUserInfo`: what the client hands to its server. */
  userInfo(user: User): { raw_data: string; signature: string; encrypted_data: string; iv: string } | undefined {
    const key = this.#sessionKeys.get(user);
    if (!key) return undefined;
    const profile = { nickName: user.name, gender: 1, language: "zh_CN", city: "", province: "", country: "" };
    const rawData = JSON.stringify({ ...profile, avatarUrl: user.avatar });
    const iv = randomBytes(16);
    const watermark = { timestamp: Math.floor(this.#clock.now() / 1000), appid: this.app.appId };
    const open = { openId: this.openidOf(user), ...profile, avatarUrl: user.avatar, watermark };
    const cipher = createCipheriv("aes-128-cbc", Buffer.from(key, "base64"), iv);
    const encrypted = Buffer.concat([cipher.update(JSON.stringify(open)), cipher.final()]);
    return {
      raw_data: rawData,
      signature: createHash("sha1")
        .update(rawData + key)
        .digest("hex"),
      encrypted_data: encrypted.toString("base64"),
      iv: iv.toString("base64"),
    };
  }

  /** The state of a game's user: HMAC of the exact body with the base64 text of the key. */
  isUserSignature(openidOfUser: string, body: string, signature: string): boolean {
    for (const [user, key] of this.#sessionKeys) {
      if (this.openidOf(user) !== openidOfUser) continue;
      return createHmac("sha256", key).update(body).digest("hex") === signature;
    }
    return false;
  }

  subscribe(user: User, template: string, state: Subscription): void {
    this.#subscriptions.set(`${this.openidOf(user)} ${template}`, state);
  }

  subscriptionOf(openidOfUser: string, template: string): Subscription {
    return this.#subscriptions.get(`${openidOfUser} ${template}`) ?? "none";
  }

  openidOf(user: User): string {
    return openid(`mini ${this.app.appId}`, user.id);
  }

  secrets(): string[] {
    return [this.app.appSecret, ...this.#sessionKeys.values(), ...(this.#token ? [this.#token.value] : [])];
  }

  clear(): void {
    this.dials = startDials();
    this.codes = [];
    this.sent = [];
    this.storage.clear();
    this.#token = undefined;
    this.#codes.clear();
    this.#sessionKeys.clear();
    this.#subscriptions.clear();
  }
}
