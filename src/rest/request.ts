/** Which host and which credentials a call uses. */
export type Service = "bot" | "connect" | "mini";
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RestRequest {
  service: Service;
  method: HttpMethod;
  /** Path template (`/channels/{channel_id}`): used in errors, logs and rate buckets, so that ids never get there. */
  template: string;
  /** The template with its placeholders filled and URL-encoded. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Names of the service's own credentials that go into the query; they never get into errors and logs. */
  credentials?: readonly string[];
  /** Without the service's access token. */
  anonymous?: boolean;
  body?: unknown;
  /** Multipart instead of JSON: only channel and DM sends take it. */
  form?: FormData;
  /**
   * Bytes that go out with `body`: of a `/files` upload as `file_data`, with `file_type` by content unless `body` names
   * one; of a guild message as the form field `file_image`.
   */
  file?: { name: string; bytes: Uint8Array };
  /** Whether a repeat after an unknown outcome does no harm (reads; sends that carry msg_id and msg_seq). */
  repeatable?: boolean;
  /** The answer is an image: `data` is then `{ bytes: Uint8Array }`. */
  wantsBytes?: boolean;
  timeoutMs?: number;
}

export interface RestResponse {
  status: number;
  /** Decoded JSON; undefined for an empty body. */
  data: unknown;
  traceId?: string;
  /** Set when the platform accepted the message but has it reviewed first (304023, 304024): a result, not an error. */
  audit?: { code: number; auditId?: string };
  /** True when an earlier attempt of this request ended with an unknown outcome. */
  retried: boolean;
}

export interface RestClient {
  /** Throws ApiError, RateLimitError, NetworkError or ConfigError (no credentials). */
  request(request: RestRequest, signal?: AbortSignal): Promise<RestResponse>;
  close(): Promise<void>;
}

export interface TokenStatus {
  state: "none" | "valid" | "expired";
  /** Epoch ms; only with a token. */
  expiresAt?: number;
  /** Seconds the platform still gave it. */
  remainingSeconds?: number;
}

export interface TokenSource {
  /** A token with at least 60 s left, or the freshest that the platform gives. Single flight. */
  get(signal?: AbortSignal): Promise<string>;
  /** Drops `stale` and fetches again; a no-op when somebody already replaced it. */
  renew(stale: string, signal?: AbortSignal): Promise<string>;
  status(): TokenStatus;
}
