import { z } from "zod";
import { botReachSettings } from "./bot-reach-settings.ts";
import { botSettings } from "./bot-settings.ts";
import { modelSettings } from "./model-settings.ts";
import { flag, fromJson, text, url, webhookPath } from "./values.ts";

/** Without its default: what is left out is as for a single bot. */
function left<T extends Record<string, z.ZodType>>(settings: T) {
  const entries = Object.entries(settings).map(([key, schema]) => {
    const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
    return [key, inner.optional()];
  });
  return Object.fromEntries(entries) as { [K in keyof T]: z.ZodOptional<T[K]> };
}

/** A bot of several, with everything that may differ from one to the next: openids, for a start, are each bot's own. */
const account = z.strictObject({
  appId: text.regex(/^\d+$/, "must be digits only"),
  appSecret: text,
  apiBase: url.optional(),
  tokenUrl: url.optional(),
  sandbox: flag.optional(),
  webhookPath: webhookPath.optional(),
  ...left({ ...botSettings, ...botReachSettings, ...modelSettings }),
});

export const accounts = fromJson(
  z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,32}$/), account, {
      error: ({ code }) =>
        code === "invalid_key"
          ? "must be a name of letters, digits, _ and -, at most 32"
          : "must be a JSON object: name -> {appId, appSecret}",
    })
    .refine((bots) => new Set(Object.values(bots).map(({ appId }) => appId)).size === Object.keys(bots).length, {
      error: "two of them have the same appId",
    }),
);
