import { createDecipheriv, randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import { ApiError, NetworkError, QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { redactText } from "../core/redact.ts";
import { timeouts } from "../protocol/limits.ts";
import { decodeBody } from "./answer.ts";
import { failureOf } from "./failure.ts";
import type { Fetch } from "./http.ts";

export interface BindingOptions {
  /** `https://q.qq.com`, without a trailing slash. */
  baseUrl: string;
  fetch: Fetch;
  clock?: Clock;
  /** 32 bytes: the key of one attempt. */
  newKey?: () => Buffer;
}

/** One attempt. The key never leaves the process but for the first call. */
export interface BindingTask {
  id: string;
  key: Buffer;
}

export type BindingAnswer =
  | { status: "pending" }
  | { status: "expired" }
  | { status: "completed"; appId: string; appSecret: string; ownerOpenid?: string };

/**
 * Binding a bot by QR code: a task is made, a person confirms it in mobile QQ, and the poll brings AppID and the encrypted
 * secret. Source: observed protocol of Tencent's connector, 2026-08; no public page. Both throw ApiError for a refusal and
 * NetworkError without an answer.
 */
export interface BindingClient {
  create(signal?: AbortSignal): Promise<BindingTask>;
  poll(task: BindingTask, signal?: AbortSignal): Promise<BindingAnswer>;
  /** What the QR code says. An empty source is shown as a third-party bot. */
  connectUrl(task: BindingTask, source: string): string;
}

const service = "bind";
const paths = { create: "/lite/create_bind_task", poll: "/lite/poll_bind_result" } as const;

export function createBindingClient(options: BindingOptions): BindingClient {
  const newKey = options.newKey ?? (() => randomBytes(32));
  return {
    async create(signal) {
      const key = newKey();
      const data = await post(options, { path: paths.create, body: { key: key.toString("base64") } }, signal);
      if (typeof data.task_id !== "string" || data.task_id === "") throw odd(paths.create, "it names no task");
      return { id: data.task_id, key };
    },
    async poll(task, signal) {
      const data = await post(options, { path: paths.poll, body: { task_id: task.id } }, signal);
      // 0 none and 1 pending: nobody has confirmed yet. Numbers of the future wait as well.
      if (data.status === 3) return { status: "expired" };
      if (data.status !== 2) return { status: "pending" };
      const { bot_appid: appId, bot_encrypt_secret: blob, user_openid: owner } = data;
      if ((typeof appId !== "number" && typeof appId !== "string") || typeof blob !== "string") {
        throw odd(paths.poll, "it is completed without AppID and secret");
      }
      const appSecret = decryptSecret(blob, task.key);
      const ownerOpenid = typeof owner === "string" && owner !== "" ? { ownerOpenid: owner } : {};
      return { status: "completed", appId: String(appId), appSecret, ...ownerOpenid };
    },
    connectUrl(task, source) {
      const query = new URLSearchParams({ task_id: task.id, source, _wv: "2" });
      return `${options.baseUrl}/qqbot/openclaw/connect.html?${query}`;
    },
  };
}

const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM; base64 of IV (12) ‖ ciphertext ‖ tag (16). Throws ApiError when it was not made with this key. */
export function decryptSecret(blob: string, key: Buffer): string {
  const bytes = Buffer.from(blob, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
    if (plain.length > 0) return plain.toString("utf8");
  } catch {
    // Whatever the cipher says of it could quote it; that it does not fit is all there is to know.
  }
  throw odd(paths.poll, "its secret does not fit the key of this attempt");
}

async function post(
  options: BindingOptions,
  call: { path: string; body: object },
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const timeoutMs = timeouts.tokenMs;
  const abort = new AbortController();
  const cancel = (options.clock ?? systemClock).after(timeoutMs, () => abort.abort());
  try {
    const response = await options.fetch(options.baseUrl + call.path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(call.body),
      signal: signal ? AbortSignal.any([signal, abort.signal]) : abort.signal,
    });
    return readData(call.path, response.status, decodeBody(await response.text()));
  } catch (error) {
    if (error instanceof QQError || signal?.aborted) throw error;
    const { phase, reason } = failureOf(error, { timedOut: abort.signal.aborted, timeoutMs });
    throw new NetworkError(`POST ${call.path}: ${reason}`, {
      ...{ phase, attempts: 1, cause: error },
      remedy: "Check the network and the proxy, and QQ_BIND_BASE if it is set.",
    });
  } finally {
    cancel();
  }
}

function readData(path: string, status: number, answer: unknown): Record<string, unknown> {
  if (status >= 500 && !isRecord(answer)) {
    throw new NetworkError(`POST ${path}: HTTP ${status}`, { phase: "response", attempts: 1, remedy: "Try again." });
  }
  if (!isRecord(answer)) throw odd(path, `HTTP ${status} without JSON`, status);
  const code = Number(answer.retcode ?? 0);
  if (code !== 0) {
    const words = typeof answer.msg === "string" ? redactText(answer.msg).slice(0, 200) : "";
    throw new ApiError(`POST ${path}: refused (retcode ${code}${words ? `: ${words}` : ""})`, {
      ...{ service, method: "POST", path, status, qqCode: Number.isInteger(code) ? code : undefined },
      remedy: "Start again with a new QR code; if it stays so, copy AppID and AppSecret from the console.",
    });
  }
  // One object today; a list is foreseen for several bots.
  const data = Array.isArray(answer.data) ? answer.data[0] : answer.data;
  if (isRecord(data)) return data;
  throw odd(path, "it holds no data", status);
}

function odd(path: string, problem: string, status = 200): ApiError {
  return new ApiError(`POST ${path}: an unexpected answer: ${problem}`, {
    ...{ service, method: "POST", path, status },
    remedy: "Copy AppID and AppSecret from the console of q.qq.com instead; check QQ_BIND_BASE if it is set.",
  });
}
