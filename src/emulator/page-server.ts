import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { type Context, Hono } from "hono";
import { isSameToken } from "../core/access.ts";

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
};

const noToken = `qq-skill playground

Open the full address that was printed at the start: it ends in /?token=…
请打开启动时打印的完整地址,它以 /?token=… 结尾。
`;

const noPage = `qq-skill emulator

The chat page is not part of this build; the control API works. Build it with: npm run build
此构建不含聊天页面;控制接口可用。构建页面:npm run build
`;

/** The chat page: `/` with the token, and the built files, which hold nothing secret. */
export function pageApp(options: { pageDir: string | undefined; token: string; port: () => number }): Hono {
  const app = new Hono();
  app.get("/", async (c) => {
    if (!isSameToken(c.req.query("token"), options.token)) return plain(401, noToken);
    const index = await read(options.pageDir, "index.html");
    if (!index) return plain(200, noPage);
    return new Response(index, {
      headers: { ...securityHeaders(options.port()), "content-type": types[".html"] ?? "" },
    });
  });
  const asset = async (c: Context) => {
    const name = c.req.path.slice(1);
    const body = isSafeName(name) ? await read(options.pageDir, name) : undefined;
    if (!body) return plain(404, "no such file\n");
    return new Response(body, {
      headers: {
        "content-type": types[extname(name)] ?? "application/octet-stream",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
      },
    });
  };
  app.get("/assets/:file", asset);
  app.get("/:file{[\\w-]+\\.(?:js|css|svg|png|ico|json)}", asset);
  return app;
}

function isSafeName(name: string): boolean {
  return /^(?:assets\/)?[\w-][\w.-]*$/.test(name) && extname(name) in types;
}

function securityHeaders(port: number): Record<string, string> {
  const policy = [
    "default-src 'self'",
    `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
    "img-src 'self' data: https: http:",
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

function plain(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

async function read(dir: string | undefined, name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!dir) return undefined;
  try {
    return new Uint8Array(await readFile(join(dir, name)));
  } catch {
    // Not built or not there: the caller says so.
    return undefined;
  }
}
