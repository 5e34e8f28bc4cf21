import { type Context, Hono } from "hono";
import { z } from "zod";
import { isSameToken } from "../core/access.ts";
import { InputError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { isRecord } from "../core/json.ts";
import { scenes } from "../protocol/scenes.ts";
import type { TraceStep } from "../protocol/trace.ts";
import { clickInput } from "./buttons.ts";
import { isMissing, parseInput } from "./control-errors.ts";
import type { Emulator } from "./emulator.ts";
import { eventInput } from "./event.ts";
import { type Fault, faultId } from "./faults.ts";
import { recallInput, sayInput } from "./people.ts";
import { imageType } from "./routes/media.ts";

/** What the control API does, behind its door; the same as the functions of `Emulator`, and what only the page needs. */
export interface Controls
  extends Pick<
    Emulator,
    "say" | "messages" | "advance" | "reset" | "frames" | "trace" | "webhook" | "setWebhook" | "faults" | "clearFaults"
  > {
  addFault(input: unknown): Fault;
  world(): Json;
  info(): Json;
  traces(after: number): unknown[];
  click(input: z.infer<typeof clickInput>): unknown;
  recall(input: z.infer<typeof recallInput>): unknown;
  act(input: unknown): Record<string, unknown>;
  raise(input: z.infer<typeof eventInput>): unknown;
  file(uuid: string): Uint8Array | undefined;
}

const messagesQuery = z.strictObject({
  scene: z.enum(scenes),
  id: z.string().min(1),
  after: z.string().min(1).optional(),
});
const afterQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0) });
const clockInput = z.strictObject({
  advance_ms: z
    .number()
    .int()
    .min(0)
    .max(10 * 365 * 86_400_000),
});
const emptyInput = z.strictObject({});
const webhookInput = z.strictObject({ url: z.string().min(1), events: z.array(z.string()).min(1).optional() });
const traceInput = z.strictObject({
  at: z.number(),
  turn: z.string(),
  conversation: z.string(),
  step: z.custom<TraceStep>((value) => isRecord(value) && typeof value.kind === "string", "a trace step with its kind"),
});

/** `/_emulator/*`: JSON in, JSON out, one token for everything. */
export function controlApp(controls: Controls, token: string): Hono {
  const app = new Hono().basePath("/_emulator");
  // Not behind the token: <img> cannot send one. The id is a random UUID that only message rows reveal.
  app.get("/files/:uuid", (c) => sendFile(controls.file(c.req.param("uuid"))));
  app.use(async (c, next) => {
    const bearer = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (!isSameToken(bearer ?? c.req.query("token"), token)) {
      return problem(c, 401, "token", "send Authorization: Bearer <token>, or ?token=<token>, as printed at the start");
    }
    return next();
  });
  app.get("/world", (c) => c.json(controls.world()));
  app.get("/info", (c) => c.json(controls.info()));
  app.get("/messages", (c) => c.json({ messages: controls.messages(parseInput(messagesQuery, queryOf(c))) }));
  app.get("/frames", (c) => c.json({ frames: controls.frames(parseInput(afterQuery, queryOf(c)).after) }));
  app.get("/traces", (c) => c.json({ traces: controls.traces(parseInput(afterQuery, queryOf(c)).after) }));
  app.post("/say", async (c) => c.json(controls.say(parseInput(sayInput, await bodyOf(c)))));
  app.post("/click", async (c) => c.json(controls.click(parseInput(clickInput, await bodyOf(c))) as Json));
  app.post("/recall", async (c) => c.json(controls.recall(parseInput(recallInput, await bodyOf(c))) as Json));
  app.post("/act", async (c) => c.json(controls.act(await bodyOf(c)) as Json));
  app.post("/event", async (c) => c.json(controls.raise(parseInput(eventInput, await bodyOf(c))) as Json));
  app.get("/faults", (c) => c.json({ faults: controls.faults() }));
  app.post("/faults", async (c) => c.json(controls.addFault(await bodyOf(c))));
  app.delete("/faults", (c) => c.json({ removed: controls.clearFaults() }));
  app.delete("/faults/:id", (c) => c.json({ removed: controls.clearFaults(faultId(c.req.param("id"))) }));
  app.post("/clock", async (c) =>
    c.json({ now: controls.advance(parseInput(clockInput, await bodyOf(c)).advance_ms) }),
  );
  app.post("/reset", async (c) => {
    parseInput(emptyInput, await bodyOf(c));
    return c.json({ now: controls.reset() });
  });
  app.get("/webhook", (c) => c.json(controls.webhook()));
  app.post("/webhook", async (c) => {
    const { url, events } = parseInput(webhookInput, await bodyOf(c));
    return c.json(await controls.setWebhook(url, events));
  });
  app.delete("/webhook", async (c) => c.json(await controls.setWebhook(null)));
  app.post("/trace", async (c) => {
    controls.trace(parseInput(traceInput, await bodyOf(c)));
    return c.json({});
  });
  app.all("/*", (c) => problem(c, 404, "path", "no such control call, or not with this method"));
  app.onError((error, c) => {
    if (error instanceof InputError) return problem(c, isMissing(error) ? 404 : 400, error.field, error.message);
    throw error;
  });
  return app;
}

function problem(c: Context, status: 400 | 401 | 404, field: string, message: string): Response {
  return c.json({ error: { field, message } }, status);
}

function queryOf(c: Context): Record<string, string> {
  const { token: _, ...query } = c.req.query();
  return query;
}

async function bodyOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError("body", "not JSON", { cause: error });
  }
}

/** Pictures are shown; everything else is only ever saved, whatever it says of itself. */
function sendFile(bytes: Uint8Array | undefined): Response {
  if (!bytes) return new Response("no such file", { status: 404 });
  const image = imageType(bytes);
  return new Response(new Uint8Array(bytes), {
    headers: {
      "content-type": image ?? "application/octet-stream",
      ...(image ? {} : { "content-disposition": "attachment" }),
      "x-content-type-options": "nosniff",
      "cache-control": "private, max-age=3600",
    },
  });
}
