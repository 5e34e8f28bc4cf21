import { type Clock, systemClock } from "../core/clock.ts";
import { ConfigError, InputError, NetworkError, QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { type Log, silentLog } from "../core/log.ts";
import { timeouts } from "../protocol/limits.ts";
import { isCut, retryAfterOf } from "./answer.ts";
import { botDialect, type Dialect } from "./dialect.ts";
import { failureOf } from "./failure.ts";
import type { Fetch, FetchResponse } from "./http.ts";
import { checkMediaUrl, imageForm, uploadBody } from "./media.ts";
import { createPacing, type Pacing } from "./pacing.ts";
import type { RestClient, RestRequest, RestResponse, Service, TokenSource } from "./request.ts";
import { isUnknownOutcome, nextStep } from "./retry.ts";

export interface RestService {
  /** With or without a trailing slash. */
  baseUrl: string;
  /** Gives the token of `Authorization: QQBot …`; absent for services that authorise in the body. */
  authorize?: TokenSource;
  /** The setting that a message names when the host cannot be reached. */
  setting?: string;
  /** The bot API's when left out. */
  dialect?: Dialect;
  /** What requests may name to have it put into their query; a missing value is refused with its setting. */
  credentials?: Readonly<Record<string, { value: string | undefined; setting: string }>>;
}

export interface RestClientOptions {
  services: Partial<Record<Service, RestService>>;
  fetch: Fetch;
  clock?: Clock;
  log?: Log;
  /** published: stay under the published rates; off: honour only refusals (429). */
  pacing?: "published" | "off";
  timeoutMs?: number;
  userAgent?: string;
  /** In [0, 1), for the jitter of retries. */
  random?: () => number;
}

/** One call as it goes through its attempts. */
interface Call {
  request: RestRequest;
  service: RestService;
  dialect: Dialect;
  authorize: TokenSource | undefined;
  url: string;
  init: { method: string; headers: Record<string, string>; body?: string | FormData };
  retries: number;
  /** The token that was refused; one refusal is mended, a second is final. */
  refusedToken: string | undefined;
  /** An attempt ended without a known outcome. */
  inDoubt: boolean;
  token: string | undefined;
  wasSent: boolean;
}

/** REST calls with token, pacing, timeout, safe retries and decoding. Errors and logs carry templates, never paths. */
export function createRestClient(options: RestClientOptions): RestClient {
  const room: Room = {
    fetch: options.fetch,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    timeoutMs: options.timeoutMs ?? timeouts.requestMs,
    random: options.random ?? Math.random,
    pacing: createPacing({
      mode: options.pacing ?? "published",
      clock: options.clock ?? systemClock,
      log: options.log ?? silentLog,
    }),
    running: new Set(),
    isClosed: false,
  };
  const userAgent = options.userAgent ?? "qq-skill";
  return {
    async request(request, signal) {
      signal?.throwIfAborted();
      return run(room, await prepare(request, options.services[request.service], userAgent), signal);
    },
    async close() {
      room.isClosed = true;
      for (const controller of room.running) controller.abort();
    },
  };
}

interface Room {
  fetch: Fetch;
  clock: Clock;
  log: Log;
  timeoutMs: number;
  random: () => number;
  pacing: Pacing;
  running: Set<AbortController>;
  isClosed: boolean;
}

async function prepare(request: RestRequest, service: RestService | undefined, userAgent: string): Promise<Call> {
  if (!service) {
    throw new ConfigError(request.service, `the service "${request.service}" is not configured`, {
      remedy: "It is not part of this setup; use operations of the bot service.",
    });
  }
  checkPath(request);
  const headers: Record<string, string> = { accept: "application/json", "user-agent": userAgent };
  const body = request.form ?? (await wireBody(request));
  if (typeof body === "string") headers["content-type"] = "application/json";
  return {
    request,
    service,
    dialect: service.dialect ?? botDialect,
    authorize: request.anonymous ? undefined : service.authorize,
    url: `${service.baseUrl.replace(/\/+$/, "")}${request.path}${queryOf({ ...request.query, ...credentialsOf(request, service) })}`,
    init: { method: request.method, headers, ...(body === undefined ? {} : { body }) },
    ...{ retries: 0, refusedToken: undefined, inDoubt: false, token: undefined, wasSent: false },
  };
}

/** A URL takes `.` and `..` for steps of the path, so that such an id would reach another call: DELETE of the channel. */
function checkPath({ template, path }: RestRequest): void {
  const step = path.split("/").findIndex((segment) => segment === "." || segment === "..");
  if (step < 0) return;
  const field = template.split("/")[step]?.replace(/[{}]/g, "") ?? "path";
  throw new InputError(field, `${field} is not an id`, { remedy: `Give ${field} as an event or a list names it.` });
}

function credentialsOf(request: RestRequest, service: RestService): Record<string, string> {
  const pairs = (request.credentials ?? []).map((name): [string, string] => {
    const { value, setting } = service.credentials?.[name] ?? { value: undefined, setting: name };
    if (value !== undefined) return [name, value];
    throw new ConfigError(setting, `${setting} is not set`, { remedy: `Set ${setting} from the app's console page.` });
  });
  return Object.fromEntries(pairs);
}

/** Everything in the query but plain words and numbers: an answer that quotes one of them must not carry it on. */
function secretsOf(call: Call): string[] {
  if (call.dialect === botDialect) return [];
  return [...new URL(call.url).searchParams.values(), call.token ?? ""].filter((value) => value.length >= 6);
}

async function wireBody({ template, body, file }: RestRequest): Promise<string | FormData | undefined> {
  const fields = isRecord(body) ? body : {};
  if (template.endsWith("/files") && typeof fields.url === "string") checkMediaUrl(fields.url, "url");
  if (file && template.endsWith("/messages")) return imageForm(file, fields);
  if (file) return JSON.stringify(await uploadBody(file, fields));
  return body === undefined ? undefined : JSON.stringify(body);
}

function queryOf(query: RestRequest["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return "";
  return `?${new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

async function run(room: Room, call: Call, signal?: AbortSignal): Promise<RestResponse> {
  for (;;) {
    const result = await attempt(room, call, signal);
    if (!(result instanceof QQError)) return result;
    signal?.throwIfAborted();
    const { request, wasSent } = call;
    if (wasSent && isUnknownOutcome(result, call.dialect.actionOf)) call.inDoubt = true;
    const repeatable = request.repeatable ?? request.method === "GET";
    const renewed = call.refusedToken !== undefined || !call.authorize;
    const step = nextStep(result, {
      ...{ retries: call.retries, renewed, repeatable, wasSent, random: room.random },
      actionOf: call.dialect.actionOf,
    });
    if (step.kind === "stop" || room.isClosed) throw finalError(result, call);
    const route = `${request.method} ${request.template}`;
    if (step.kind === "renew") {
      call.refusedToken = call.token ?? "";
      room.log.info({ route }, "the access token was refused; calling again with a new one");
      continue;
    }
    call.retries += 1;
    room.log.warn(
      { route, error: result.code, retry: call.retries, afterMs: step.afterMs },
      "call failed; trying again",
    );
    await room.clock.sleep(step.afterMs, signal);
  }
}

/** One attempt. Failures are returned for the policy to judge; only the caller's own abort is thrown. */
async function attempt(room: Room, call: Call, signal?: AbortSignal): Promise<RestResponse | QQError> {
  call.wasSent = false;
  try {
    const { bucket } = await room.pacing.take(call.request, signal);
    const { authorize } = call;
    const stale = call.refusedToken;
    call.token = stale === undefined ? await authorize?.get(signal) : await authorize?.renew(stale, signal);
    return await exchange(room, call, { bucket, signal });
  } catch (error) {
    if (!(error instanceof QQError)) throw error;
    return error;
  }
}

async function exchange(
  room: Room,
  call: Call,
  on: { bucket: string; signal: AbortSignal | undefined },
): Promise<RestResponse | QQError> {
  const { request } = call;
  const { clock } = room;
  const timeoutMs = request.timeoutMs ?? (request.file ? timeouts.uploadMs : room.timeoutMs);
  const abort = new AbortController();
  const end = () => abort.abort();
  let timedOut = false;
  const cancel = clock.after(timeoutMs, () => {
    timedOut = true;
    end();
  });
  on.signal?.addEventListener("abort", end, { once: true });
  room.running.add(abort);
  const startedAt = clock.now();
  try {
    call.wasSent = true;
    const { url, headers } = withToken(call);
    const response = await room.fetch(url, { ...call.init, headers, signal: abort.signal });
    const data = await bodyOf(response, call);
    if (request.method === "GET" && isCut(data)) throw new Error("the answer broke off");
    const traceId = response.headers.get("x-tps-trace-id") ?? traceOf(data);
    const { method, template: path, service } = request;
    const facts = { route: `${method} ${path}`, status: response.status, traceId, tookMs: clock.now() - startedAt };
    room.log.debug(facts, "platform answered");
    const retryAfterMs =
      retryAfterOf(response.headers.get("retry-after"), clock.now()) ?? 1000 * 2 ** Math.min(call.retries, 5);
    const answer = { service, method, path, status: response.status, data, traceId, retryAfterMs };
    if (response.status === 429) room.pacing.close(on.bucket, retryAfterMs);
    return call.dialect.read({ ...answer, retried: call.inDoubt }, secretsOf(call));
  } catch (error) {
    if (on.signal?.aborted) throw on.signal.reason;
    const failure = failureOf(error, { timedOut, timeoutMs });
    if (failure.phase === "connect") call.wasSent = false;
    return networkError({ call, ...failure, cause: error });
  } finally {
    cancel();
    on.signal?.removeEventListener("abort", end);
    room.running.delete(abort);
  }
}

function withToken({ dialect, init, token, url }: Call): { url: string; headers: Record<string, string> } {
  if (!token) return { url, headers: init.headers };
  if (dialect.tokenIn === "header") {
    return { url, headers: { ...init.headers, authorization: `QQBot ${token}` } };
  }
  return {
    url: `${url}${url.includes("?") ? "&" : "?"}access_token=${encodeURIComponent(token)}`,
    headers: init.headers,
  };
}

/** Bytes where they were asked for and the answer is no JSON: a refused image is told by its first byte. */
async function bodyOf(response: FetchResponse, { dialect, request }: Call): Promise<unknown> {
  if (!request.wantsBytes || !response.arrayBuffer) return dialect.decode(await response.text());
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = bytes[0] === 0x7b || bytes.length === 0 || bytes[0] === 0x3c;
  return isJson ? dialect.decode(new TextDecoder().decode(bytes)) : { bytes };
}

const settingOf: Readonly<Record<Service, string>> = {
  bot: "QQ_BOT_API_BASE",
  connect: "the OAuth host",
  mini: "the mini program host",
};

function networkError(facts: {
  call: Call;
  phase: "connect" | "response";
  reason: string;
  cause: unknown;
}): NetworkError {
  const { request, service, retries } = facts.call;
  const host = new URL(facts.call.url).host;
  const setting = service.setting ?? settingOf[request.service];
  const outcome = facts.phase === "response" && request.method !== "GET" ? " It may have taken effect." : "";
  return new NetworkError(`${request.method} ${request.template}: ${host} gave no answer: ${facts.reason}.${outcome}`, {
    phase: facts.phase,
    attempts: retries + 1,
    cause: facts.cause,
    remedy: `Check the network, the proxy (HTTPS_PROXY, QQ_BOT_PROXY) and ${setting}.`,
  });
}

/** A last failure to connect does not undo that an earlier attempt may have gone through. */
function finalError(error: QQError, call: Call): QQError {
  if (!(error instanceof NetworkError) || error.phase === "response" || !call.inDoubt) return error;
  return networkError({ call, phase: "response", reason: "the connection was lost", cause: error });
}

function traceOf(data: unknown): string | undefined {
  return isRecord(data) && typeof data.trace_id === "string" ? data.trace_id : undefined;
}
