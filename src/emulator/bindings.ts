import { createCipheriv } from "node:crypto";
import { InputError } from "../core/errors.ts";
import { missing } from "./control-errors.ts";
import { randomBytes } from "./identity.ts";

interface Task {
  id: string;
  key: Buffer;
  expiresAt: number;
  /** What the poll answers once a person has confirmed. */
  result?: { bot_appid: number; bot_encrypt_secret: string; user_openid: string };
}

/** Assumed: the platform does not say how long a QR code lives. */
const lifeMs = 10 * 60_000;

/** Attempts to bind the bot by QR code. The secret stays what it was: whether the platform makes a new one is unconfirmed. */
export class Bindings {
  readonly #now: () => number;
  #tasks = new Map<string, Task>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined for a key that is not base64 of 32 bytes. */
  create(key: unknown): { task_id: string } | undefined {
    const bytes =
      typeof key === "string" && /^[A-Za-z0-9+/]+={0,2}$/.test(key) ? Buffer.from(key, "base64") : undefined;
    if (bytes?.length !== 32) return undefined;
    const id = `t-${randomBytes(12).toString("hex")}`;
    this.#tasks.set(id, { id, key: bytes, expiresAt: this.#now() + lifeMs });
    return { task_id: id };
  }

  /** Undefined for a task that never was. */
  poll(id: unknown): { status: number } | undefined {
    const task = this.#tasks.get(String(id));
    if (!task) return undefined;
    if (task.result) return { status: 2, ...task.result };
    return { status: this.#now() > task.expiresAt ? 3 : 1 };
  }

  /** A person scans and confirms. Throws InputError for a task that is not open. */
  approve(id: string, bot: { appId: string; appSecret: string; userOpenid: string }): void {
    const task = this.#tasks.get(id);
    if (!task) throw missing("task_id", `no binding ${id}`);
    if (task.result) throw new InputError("task_id", "this binding is confirmed already");
    if (this.#now() > task.expiresAt) throw new InputError("task_id", "this binding has expired: show a new code");
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", task.key, iv);
    const sealed = Buffer.concat([iv, cipher.update(bot.appSecret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    task.result = {
      bot_appid: Number(bot.appId),
      bot_encrypt_secret: sealed.toString("base64"),
      user_openid: bot.userOpenid,
    };
  }

  isOpen(id: string): boolean {
    return this.poll(id)?.status === 1;
  }

  clear(): void {
    this.#tasks = new Map();
  }
}
