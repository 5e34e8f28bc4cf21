import { createPrivateKey, sign } from "node:crypto";

export const webhookApp = { appId: "102098765", secret: "q7Rk2mVx9TzL4bNc8WpH3sYf6DjG1uEa" };
/** The one event of the shared vectors; 227 bytes. */
export const eventBody =
  '{"op":0,"id":"C2C_MESSAGE_CREATE:testvector0001","t":"C2C_MESSAGE_CREATE","d":{"id":"ROBOT1.0_testvector!","content":"你好","timestamp":"2026-11-20T20:31:07+08:00","author":{"user_openid":"E81B4D6F02A94C7395D0B7F1A3C8624E"}}}';
export const eventTime = "1795177867";

/** Ed25519 by Node alone, so that the tests do not rest on the code that they judge. Only for secrets of 32 bytes and more. */
export function platformSignature(secret: string, time: string, body: string | Uint8Array): string {
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  const seed = Buffer.from(secret).subarray(0, 32);
  const key = createPrivateKey({ key: Buffer.concat([head, seed]), format: "der", type: "pkcs8" });
  return sign(null, Buffer.concat([Buffer.from(time), Buffer.from(body)]), key).toString("hex");
}

export interface PostParts {
  body?: string | Uint8Array;
  time?: string;
  signature?: string | null;
  headers?: Record<string, string>;
}

/** What the platform would post; every part can be another. */
export function platformPost({ body = eventBody, time = eventTime, signature, headers }: PostParts = {}): RequestInit {
  const signed = signature === undefined ? platformSignature(webhookApp.secret, time, body) : signature;
  return {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "QQBot-Callback",
      "x-bot-appid": webhookApp.appId,
      "x-signature-timestamp": time,
      ...(signed === null ? {} : { "x-signature-ed25519": signed }),
      ...headers,
    },
    body: body as NonNullable<RequestInit["body"]>,
  };
}

export function eventOf(n: number): string {
  return JSON.stringify({ op: 0, id: `FRIEND_ADD:${n}`, t: "FRIEND_ADD", d: { openid: "A".repeat(32), timestamp: n } });
}
