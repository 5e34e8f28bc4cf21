import { readFile, realpath, stat } from "node:fs/promises";
import type { Agent } from "node:http";
import { basename, resolve, sep } from "node:path";
import { apiBaseOf } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ConfigError, InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { DeliveryReport } from "../delivery/message.ts";
import { createDelivery, type Outbox } from "../delivery/outbox.ts";
import { openGate, type SendGate } from "../delivery/send-gate.ts";
import type { Caller, GatewayControl, OperationContext } from "../operations/context.ts";
import type { EmulatorDesk } from "../operations/emulator-desk.ts";
import { createNames } from "../operations/names.ts";
import { mediaLimits } from "../protocol/limits.ts";
import { signerOf } from "../protocol/signature.ts";
import { createRestClient } from "../rest/client.ts";
import { createHttp, type Http } from "../rest/http.ts";
import { tooLarge } from "../rest/media.ts";
import type { RestClient, TokenSource } from "../rest/request.ts";
import { createTokenSource, missingCredentials } from "../rest/token.ts";
import { createUploads } from "../rest/uploads.ts";
import { createVoiceCodec } from "../rest/voice-codec.ts";
import { openHome } from "../store/home.ts";
import { openStore, type Store } from "../store/store.ts";
import { openApps } from "./apps.ts";
import { createBindingDesk } from "./binding-desk.ts";
import { createEmulatorDesk } from "./emulator-desk.ts";
import { socketAgent } from "./proxy.ts";
import { openSenders } from "./sender-list.ts";
import { openLog } from "./settings.ts";
import { version } from "./version.ts";

/** What lies outside a process: the time, and the way to the platform. */
export interface Outside {
  clock: Clock;
  /** Instead of pooled connections, directly or through a proxy. */
  http?: Http;
  /** For a gateway address, instead of the proxy that the settings name. */
  agentFor?: (url: string) => Agent | undefined;
}

/** Everything below the operations, built once per process from the settings. */
export interface Platform {
  config: Config;
  clock: Clock;
  /** Of the gateway's WebSocket; undefined for a direct connection. */
  agentFor(url: string): Agent | undefined;
  appId: string;
  log: Log;
  /** For the platform. */
  http: Http;
  /** For the model: QQ_BOT_PROXY is the platform's alone. */
  modelHttp: Http;
  rest: RestClient;
  token: TokenSource;
  /** Opened at first use. Throws ConfigError without an AppID: every row belongs to an app. */
  store(): Store;
  contextFor(caller: Caller): OperationContext;
  /** Everything that speaks into a chat; it wants to hear every stored event. */
  outbox: Outbox;
  /** Who is told what becomes of messages that were held or under review. */
  onReport(listener: (report: DeliveryReport) => void): void;
  /** Where subscribe_gateway leads; until then it says that this process holds no connection. */
  useGateway(control: GatewayControl): void;
  /** Whether messages may leave now: asked by delivery. */
  sendGate: SendGate;
  /** From the session that this process owns; until then the gate is open. */
  useSendGate(gate: SendGate): void;
  /** Where the emulator operations lead, instead of to one that they start in this process. */
  useEmulator(desk: EmulatorDesk): void;
  close(): Promise<void>;
}

export function openPlatform(
  config: Config,
  log: Log = openLog(config),
  outside: Outside = { clock: systemClock },
): Platform {
  const { clock, agentFor = (url) => socketAgent(config, url) } = outside;
  const { httpsProxy, noProxy } = config;
  const http = outside.http ?? createHttp({ proxy: config.proxy, httpsProxy, noProxy });
  const modelHttp = createHttp({ httpsProxy, noProxy });
  const token = openToken(config, { http, clock, log });
  const { store, vault, close } = lazyStore(config, clock, log);
  const apps = openApps(config, { clock, rest: () => rest, store: vault });
  const rest = createRestClient({
    services: { bot: { baseUrl: apiBaseOf(config), authorize: token }, ...apps.services },
    ...{ fetch: http.fetch, clock, log, pacing: config.pacing, userAgent: `qq-skill/${version()}` },
  });
  const appId = config.appId ?? "";
  let gate = openGate;
  const sendGate: SendGate = { isOpen: () => gate.isOpen(), opened: (signal) => gate.opened(signal) };
  let onReport = (_: DeliveryReport) => {};
  const outbox = createDelivery({
    ...{ rest, memory: store, gate: sendGate, links: config.links, clock, log },
    onReport: (report) => onReport(report),
  });
  const cache = {
    find: (key: string) => store().fileInfos.find(key),
    keep: (...row: Parameters<Store["fileInfos"]["keep"]>) => store().fileInfos.keep(...row),
    forget: (fileInfo: string) => store().fileInfos.forget(fileInfo),
  };
  const uploads = createUploads({ rest, fetch: http.fetch, cache, voice: createVoiceCodec(), clock, log });
  const senders = openSenders(config, store);
  let gateway = noGateway;
  const binding = createBindingDesk({
    ...{ baseUrl: config.bindBase, fetch: http.fetch, home: config.home, appId: config.appId },
  });
  const names = createNames(clock);
  const isAnyApp = [config.appId, config.connectAppId, config.miniAppId].some((id) => id !== undefined);
  const ownEmulator = createEmulatorDesk(log);
  let emulator: EmulatorDesk = ownEmulator;
  const contextFor = (caller: Caller): OperationContext => ({
    ...{ appId, caller, rest: outbox.rest, token, delivery: outbox, uploads, clock, log },
    ...{ connect: apps.connect, mini: apps.mini },
    binding,
    emulator: {
      current: () => emulator.current(),
      start: (port) => emulator.start(port),
      stop: () => emulator.stop(),
    },
    gateway: { start: (intents) => gateway.start(intents), stop: () => gateway.stop(), status: () => gateway.status() },
    inbox: {
      list: (query) => store().inbox.list(query),
      last: () => store().inbox.last(),
      lost: () => store().inbox.lost(),
      wait: (...wait) => store().inbox.wait(...wait),
    },
    senders,
    sent: {
      latest: (...query) => store().sends.latest(...query),
      markRecalled: (...row) => store().sends.markRecalled(...row),
    },
    outgoing: {
      list: (limit) => store().outgoing.list(limit),
      used: (...of) => store().sends.used(...of),
    },
    // A call without credentials is refused further on; there is no app whose log it could be written to.
    audit: { record: (row) => (isAnyApp ? vault().audit.record(row) : undefined) },
    names,
    // Those of QQ login and the mini program need no bot.
    approvals: {
      open: (approval) => vault().approvals.open(approval),
      use: (approval) => vault().approvals.use(approval),
      get calls() {
        return vault().approvals.calls;
      },
    },
    signer: () => signerOf(config.appSecret ?? ""),
    readFile: (path) => readUpload(path, config.files),
  });
  return {
    ...{ config, clock, agentFor, appId, log, http, modelHttp, rest, token, store, contextFor, sendGate, outbox },
    onReport(listener) {
      onReport = listener;
    },
    useGateway(control) {
      gateway = control;
    },
    useSendGate(other) {
      gate = other;
    },
    useEmulator(desk) {
      emulator = desk;
    },
    async close() {
      await ownEmulator.close();
      await rest.close();
      close();
      await Promise.all([http.close(), modelHttp.close()]);
    },
  };
}

function openToken(config: Config, { http, clock, log }: { http: Http; clock: Clock; log: Log }): TokenSource {
  const { appId, appSecret: secret } = config;
  if (appId && secret) return createTokenSource({ url: config.tokenUrl, appId, secret, fetch: http.fetch, clock, log });
  const missing = [...(appId ? [] : ["QQ_BOT_APP_ID"]), ...(secret ? [] : ["QQ_BOT_APP_SECRET"])];
  return missingCredentials(missing);
}

/** `vault` is the same store for what belongs to QQ login and the mini program: they need no bot. */
function lazyStore(
  config: Config,
  clock: Clock,
  log: Log,
): { store: () => Store; vault: () => Store; close: () => void } {
  let opened: Store | undefined;
  const vault = () => {
    const { appId = "", connectAppId, miniAppId, keepDays } = config;
    const path = () => openHome(config.home).databasePath;
    opened ??= openStore({ path: path(), appId, connectAppId, miniAppId, keepDays, clock, log });
    return opened;
  };
  return {
    store() {
      if (config.appId) return vault();
      throw new ConfigError("QQ_BOT_APP_ID", "QQ_BOT_APP_ID is not set", {
        remedy: "Set QQ_BOT_APP_ID and QQ_BOT_APP_SECRET, or run `qq-skill init`; no account: qq-skill mcp --emulator.",
      });
    },
    vault,
    close: () => opened?.close(),
  };
}

const noGateway: GatewayControl = {
  start: () =>
    Promise.reject(new InputError("action", "a single call cannot hold a connection", { remedy: holdRemedy() })),
  stop: () => Promise.resolve({ state: "stopped" }),
  status: () => ({ state: "stopped" }),
};

function holdRemedy(): string {
  return "Use `qq-skill mcp` or `qq-skill bot`: they stay connected.";
}

/** A file for upload, from inside one of the allowed folders; links are followed before the check. */
async function readUpload(path: string, roots: readonly string[]): Promise<{ name: string; bytes: Uint8Array }> {
  const remedy = "Put the file into a folder named in QQ_SKILL_FILES, or give a public URL instead.";
  const real = await realpath(resolve(path)).catch(() => undefined);
  if (!real) throw new InputError("path", `there is no file ${basename(path)} at that path`, { remedy });
  const allowed = await Promise.all(roots.map((root) => realpath(resolve(root)).catch(() => undefined)));
  if (!allowed.some((root) => root !== undefined && real.startsWith(root.endsWith(sep) ? root : root + sep))) {
    throw new InputError("path", `${basename(path)} is not in an allowed folder`, { remedy });
  }
  const facts = await stat(real);
  if (!facts.isFile()) throw new InputError("path", `${basename(path)} is not a file`, { remedy });
  if (facts.size > mediaLimits.file.hardBytes) {
    const megabytes = (facts.size / 1024 / 1024).toFixed(1);
    throw new InputError("path", `${basename(path)} has ${megabytes} MB; the platform takes at most 200 MB`, {
      remedy: tooLarge,
    });
  }
  try {
    return { name: basename(real), bytes: await readFile(real) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new InputError("path", `${basename(path)} cannot be read (${reason})`, {
      cause: error,
      remedy: "Let this program read it (owner, mode), or give a public URL instead.",
    });
  }
}

export interface GatewayAddress {
  url: string;
  shards?: number;
  session_start_limit?: { total: number; remaining: number; reset_after: number; max_concurrency: number };
}

/** GET /gateway/bot: where to connect, how many shards are advised, how many sessions may still be started. */
export async function lookupGateway(rest: RestClient, signal?: AbortSignal): Promise<GatewayAddress> {
  const path = "/gateway/bot";
  const { data } = await rest.request(
    { service: "bot", method: "GET", template: path, path, repeatable: true },
    signal,
  );
  if (isRecord(data) && typeof data.url === "string") return data as unknown as GatewayAddress;
  throw new ConfigError("QQ_BOT_API_BASE", "the gateway look-up returned no address", {
    remedy: "Check that QQ_BOT_API_BASE points to the bot API.",
  });
}
