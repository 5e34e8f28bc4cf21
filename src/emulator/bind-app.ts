import { type Context, Hono } from "hono";
import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { approveBinding } from "./bind-acts.ts";
import type { Platform } from "./platform.ts";

/** The binding service of q.qq.com: two calls without a token, and the page behind the QR code. */
export function bindApp(platform: Platform): Hono {
  const app = new Hono();
  app.post("/lite/create_bind_task", (c) =>
    answer(c, platform, (body) => {
      const data = platform.bindings.create(body.key);
      return data ? success(data) : failure("key must be base64 of 32 bytes");
    }),
  );
  app.post("/lite/poll_bind_result", (c) =>
    answer(c, platform, (body) => {
      const data = platform.bindings.poll(body.task_id);
      return data ? success(data) : failure("no such task");
    }),
  );
  app.get("/qqbot/openclaw/connect.html", (c) => {
    const { task_id: id = "", source = "" } = c.req.query();
    return c.html(platform.bindings.isOpen(id) ? askPage(platform, { id, source }) : endPage("二维码已失效 / expired"));
  });
  app.post("/qqbot/openclaw/connect.html", async (c) => {
    const form = await c.req.parseBody();
    try {
      approveBinding(platform, { task_id: String(form.task_id ?? ""), as: String(form.as ?? "") });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return c.html(endPage(error.message), 400);
    }
    return c.html(endPage("已绑定，可以关闭本页 / bound, close this page"));
  });
  return app;
}

/** The numbers of failures are not published: only that they are not 0. */
function failure(msg: string) {
  return { retcode: 1, msg };
}

function success(data: object) {
  return { retcode: 0, msg: "", data };
}

async function answer(
  c: Context,
  platform: Platform,
  run: (body: Record<string, unknown>) => object,
): Promise<Response> {
  const body: unknown = await c.req.json().catch(() => undefined);
  const response = isRecord(body) ? run(body) : failure("request body is malformed");
  // The key of an attempt opens the secret that the poll returns.
  const request = isRecord(body) && "key" in body ? { ...body, key: "[redacted]" } : (body ?? null);
  platform.frames.add({
    at: platform.clock.now(),
    dir: "in",
    kind: "rest",
    method: "POST",
    path: c.req.path,
    status: 200,
    data: { request, response },
  });
  return c.json(response);
}

function askPage({ world }: Platform, { id, source }: { id: string; source: string }): string {
  const people = world.users
    .map(({ id: user, name }) => `<option value="${text(user)}">${text(name)}</option>`)
    .join("");
  return page(`<h1>绑定机器人 / bind the bot</h1>
<p>${text(source || "第三方机器人")} → ${text(world.bot.name)}</p>
<form method="post"><input type="hidden" name="task_id" value="${text(id)}">
<label>扫码的人 / who scans <select name="as">${people}</select></label>
<button>确认 / confirm</button></form>`);
}

function endPage(message: string): string {
  return page(`<p>${text(message)}</p>`);
}

function page(body: string): string {
  return `<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>QQ</title><body>${body}</body></html>`;
}

function text(raw: string): string {
  return raw.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
