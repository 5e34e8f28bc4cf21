import { z } from "zod";
import { ConfigError, InputError } from "../core/errors.ts";
import { eventTypesOf } from "../protocol/events.ts";
import { defaultIntents, hasIntent, intentNames, intents, parseIntents } from "../protocol/intents.ts";
import { defineAction } from "./operation.ts";

const docs = "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/event-emit.html";

const mask = z.looseObject({
  mask: z.number().describe("For identify and QQ_BOT_INTENTS"),
  intents: z.array(
    z.looseObject({
      bit: z.number(),
      name: z.string(),
      grant: z
        .string()
        .describe("everyone: basic; application: asked for in the console; private: private-domain bots; unknown"),
      events: z.array(z.string()),
      note: z.string().optional(),
    }),
  ),
  is_default: z.boolean(),
});

export const encodeIntents = defineAction({
  name: "encode_intents",
  title: "Intent names to a mask (事件订阅)",
  summary: "The number to subscribe with, from names of intents or of events, and what it brings.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    names: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(64)
      .describe("Intents (GROUP_AND_C2C_EVENT), events (C2C_MESSAGE_CREATE), numbers, or default"),
  }),
  output: mask,
  docs,
  async run(_context, { names }) {
    const words = names.map((name) => intentOfEvent(name) ?? name);
    try {
      return describeMask(parseIntents(words.join(",")));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new InputError("names", error.message.replace("QQ_BOT_INTENTS", "names"), {
        remedy: `Use default, event types, or: ${intents.map(({ name }) => name).join(", ")}.`,
        cause: error,
      });
    }
  },
});

export const decodeIntents = defineAction({
  name: "decode_intents",
  title: "Intent mask to names (事件订阅)",
  summary: "Which intents and events a subscription number holds, and which of them need a grant.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    mask: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(defaultIntents)
      .describe("Default: the mask that this program subscribes with"),
  }),
  output: mask,
  docs,
  run: async (_context, input) => describeMask(input.mask),
});

function intentOfEvent(name: string): string | undefined {
  return intents.find(({ bit }) => eventTypesOf(bit).includes(name.toUpperCase()))?.name;
}

function describeMask(value: number) {
  const bits = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => hasIntent(value, bit));
  const rows = bits.map((bit) => {
    const known = intents.find((candidate) => candidate.bit === bit);
    const name = intentNames(2 ** bit)[0] ?? `BIT_${bit}`;
    return {
      ...{ bit, name, grant: known?.grant ?? "unknown", events: eventTypesOf(bit) },
      ...(known ? { note: known.note } : { note: "no such intent is published: identify would end in 4013 or 4014" }),
    };
  });
  return { mask: value, intents: rows, is_default: value === defaultIntents };
}
