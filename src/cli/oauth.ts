import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createInterface } from "node:readline";
import { systemClock } from "../core/clock.ts";
import { ConfigError, InputError, NetworkError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { findOperation } from "../operations/all.ts";
import { callOperation } from "../operations/call.ts";
import { permissions } from "../operations/operation.ts";
import { exitCodes } from "./exit.ts";
import { openPlatform, type Platform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { readSettings } from "./settings.ts";

/** A fixed one, so that it can be registered at connect.qq.com. */
const usualRedirect = "http://127.0.0.1:7718/callback";

type Run = (name: string, input: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** `oauth login`: opens QQ's login page, takes the callback, stores the login and prints its handle as JSON. */
export async function oauth({ flags, options, words }: Invocation): Promise<number> {
  if (words[0] !== "login" || words.length > 1)
    throw new InputError("action", "the only action is login", { remedy: "Run: qq-skill oauth login" });
  const platform = openPlatform(readSettings(flags, { log: "warn" }));
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(unfinished("it was stopped"));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const run = runner(platform, interrupt.signal);
  try {
    const login = await logIn(platform, { run, opens: options.open !== false, signal: interrupt.signal });
    const profile = await run("oauth_user_info", { token_ref: login.token_ref });
    const { nickname, avatar_url } = profile;
    process.stdout.write(`${JSON.stringify({ ...login, nickname, avatar_url }, null, 2)}\n`);
    return exitCodes.ok;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await platform.close();
  }
}

function runner(platform: Platform, signal: AbortSignal): Run {
  const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "cli" });
  return async (name, input) => {
    const operation = findOperation(name);
    if (!operation) throw new Error(`the table has no ${name}`);
    const output = await callOperation(operation, context, input, signal);
    return isRecord(output) ? output : {};
  };
}

interface Desk {
  run: Run;
  opens: boolean;
  signal: AbortSignal;
}

async function logIn(platform: Platform, desk: Desk): Promise<Record<string, unknown>> {
  const address = platform.config.connectRedirectUri ?? usualRedirect;
  const redirect = new URL(address);
  const isLocal = redirect.protocol === "http:" && ["127.0.0.1", "localhost"].includes(redirect.hostname);
  return isLocal ? byCallback(redirect, desk) : byPaste(address, desk);
}

/** Listens where the browser will be sent to; what does not carry our state is refused, and the wait goes on. */
async function byCallback(redirect: URL, desk: Desk): Promise<Record<string, unknown>> {
  const done = Promise.withResolvers<Record<string, unknown>>();
  const waiting = new AbortController();
  // Whoever waits may have left when it fails.
  done.promise.catch(() => undefined);
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? "", redirect.origin);
    const show = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "referrer-policy": "no-referrer" });
      response.end(`${text}\n`);
    };
    if (request.method !== "GET" || url?.pathname !== redirect.pathname) return show(404, "not here");
    desk.run("oauth_exchange_code", { callback_url: url.href }).then(
      (login) => {
        show(200, "已登录，可以关闭此页 / logged in, you can close this page");
        done.resolve(login);
      },
      (error: unknown) => {
        show(400, "登录未完成，见终端 / the login did not finish, see the terminal");
        if (!(error instanceof InputError && error.field === "state")) done.reject(error);
      },
    );
  });
  try {
    redirect.port = String(await listen(server, redirect));
    const { url, expires_at: expiresAt } = await desk.run("oauth_authorize_url", { redirect_uri: redirect.href });
    invite(String(url), desk.opens);
    process.stderr.write(`等待回调 / waiting for the callback at ${redirect.href}\n`);
    return await Promise.race([
      done.promise,
      over(Date.parse(String(expiresAt)), AbortSignal.any([desk.signal, waiting.signal])),
    ]);
  } finally {
    waiting.abort();
    server.close();
    server.closeAllConnections();
  }
}

/** The callback is a site of the user's own: its address comes back by hand. */
async function byPaste(redirect: string, desk: Desk): Promise<Record<string, unknown>> {
  const { url } = await desk.run("oauth_authorize_url", { redirect_uri: redirect });
  invite(String(url), desk.opens);
  process.stderr.write(
    "登录后把浏览器地址栏的完整地址粘贴到这里 / then paste the whole address of the browser here:\n",
  );
  const lines = createInterface({ input: process.stdin });
  const leave = () => lines.close();
  desk.signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const line of lines) {
      if (line.trim() !== "") return await desk.run("oauth_exchange_code", { callback_url: line.trim() });
    }
    desk.signal.throwIfAborted();
    throw new InputError("callback_url", "no address was pasted", { remedy: "Run it again." });
  } finally {
    desk.signal.removeEventListener("abort", leave);
    lines.close();
  }
}

function invite(url: string, opens: boolean): void {
  process.stderr.write(`在浏览器中打开 / open in a browser:\n\n  ${url}\n\n`);
  if (!opens) return;
  const [command, ...words] = openers[process.platform] ?? ["xdg-open"];
  const child = spawn(command ?? "xdg-open", [...words, url], { stdio: "ignore", detached: true });
  // Without a browser the printed address is enough.
  child.on("error", () => undefined);
  child.unref();
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

async function over(until: number, signal: AbortSignal): Promise<never> {
  await systemClock.sleep(Math.max(0, until - systemClock.now()), signal);
  throw unfinished("nobody logged in within 10 minutes");
}

function unfinished(reason: string): NetworkError {
  return new NetworkError(`the login was not finished: ${reason}`, {
    ...{ phase: "response", attempts: 1 },
    remedy: "Run it again. QQ does not send people back who cancel.",
  });
}

function listen(server: Server, { hostname, port }: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new ConfigError("QQ_CONNECT_REDIRECT_URI", `cannot listen on port ${port || 80} (${error.code})`, {
          remedy: "Free the port, or register and set another callback in QQ_CONNECT_REDIRECT_URI.",
          cause: error,
        }),
      ),
    );
    server.listen(Number(port || 80), hostname, () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : 0);
    });
  });
}
