import { openid, secret } from "./identity.ts";
import type { PlatformClock } from "./platform-clock.ts";
import type { User } from "./world.ts";

/** An app of QQ login. Its registered callbacks; loopback addresses are always registered here. */
export interface ConnectDials {
  /** Whole addresses without a query. */
  redirectUris: string[];
  unionid: boolean;
  /** `expires_in` as text, which some answers of the real platform are. */
  expiresAsText: boolean;
  tokenLifeMs: number;
}

interface Grant {
  user: User;
  redirectUri: string;
  until: number;
  isUsed: boolean;
}

export interface Access {
  token: string;
  refreshToken: string;
  user: User;
  until: number;
  isRevoked: boolean;
  /** Which app it belongs to; another one's is how a substituted token looks. */
  clientId: string;
}

const codeLifeMs = 10 * 60_000;
const day = 86_400_000;

const startDials = (): ConnectDials => ({
  redirectUris: [],
  unionid: true,
  expiresAsText: false,
  tokenLifeMs: 60 * day,
});

/** QQ login: codes and refresh tokens work once, tokens live 60 days and end when the person takes them back. */
export class Connect {
  readonly app: { readonly appId: string; readonly appKey: string };
  readonly #clock: PlatformClock;
  dials = startDials();
  #grants = new Map<string, Grant>();
  #access: Access[] = [];
  #spentRefresh = new Set<string>();

  constructor(app: { appId: string; appKey: string }, clock: PlatformClock) {
    this.app = app;
    this.#clock = clock;
  }

  isRegistered(redirectUri: string): boolean {
    const url = URL.parse(redirectUri);
    if (!url || !/^https?:$/.test(url.protocol)) return false;
    const isLocal = url.hostname === "127.0.0.1" || url.hostname === "localhost" || url.hostname === "[::1]";
    return (isLocal && url.search === "") || this.dials.redirectUris.includes(redirectUri);
  }

  allow(user: User, redirectUri: string): string {
    const code = secret(24)
      .replace(/[^A-Za-z0-9]/g, "A")
      .toUpperCase()
      .padEnd(32, "0")
      .slice(0, 32);
    this.#grants.set(code, { user, redirectUri, until: this.#clock.now() + codeLifeMs, isUsed: false });
    return code;
  }

  /** The refusal's number, or whose login it is. */
  redeem(code: string, redirectUri: string): Access | number {
    const grant = this.#grants.get(code);
    if (!grant || grant.until <= this.#clock.now()) return 100_019;
    if (grant.isUsed) return 100_020;
    if (grant.redirectUri !== redirectUri) return 100_010;
    grant.isUsed = true;
    return this.issue(grant.user);
  }

  refresh(refreshToken: string): Access | number {
    if (this.#spentRefresh.has(refreshToken)) return 100_021;
    const access = this.#access.find((each) => each.refreshToken === refreshToken && !each.isRevoked);
    if (!access) return 100_022;
    this.#spentRefresh.add(refreshToken);
    return this.issue(access.user);
  }

  issue(user: User, clientId = this.app.appId): Access {
    const until = this.#clock.now() + this.dials.tokenLifeMs;
    const access = { token: hex(), refreshToken: hex(), user, until, isRevoked: false, clientId };
    this.#access.push(access);
    return access;
  }

  /** The refusal's number, or the living token. */
  check(token: string): Access | number {
    const access = this.#access.find((each) => each.token === token);
    if (!access) return 100_016;
    if (access.isRevoked) return 100_013;
    return access.until <= this.#clock.now() ? 100_014 : access;
  }

  revoke(user: User): void {
    for (const access of this.#access) if (access.user === user) access.isRevoked = true;
  }

  expireAll(): void {
    for (const access of this.#access) access.until = 0;
  }

  openidOf(user: User, clientId = this.app.appId): string {
    return openid(`connect ${clientId}`, user.id);
  }

  /** The same for every app of one developer. */
  unionidOf(user: User): string {
    return unionidOf(user);
  }

  secrets(): string[] {
    return [this.app.appKey, ...this.#access.flatMap(({ token, refreshToken }) => [token, refreshToken])];
  }

  clear(): void {
    this.dials = startDials();
    this.#grants.clear();
    this.#access = [];
    this.#spentRefresh.clear();
  }
}

export function unionidOf(user: User): string {
  return `UID_${openid("developer", user.id)}`;
}

function hex(): string {
  return Buffer.from(secret(16), "base64url").toString("hex").toUpperCase();
}
