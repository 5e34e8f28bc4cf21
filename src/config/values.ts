import { z } from "zod";
import { ConfigError } from "../core/errors.ts";
import { parsePerson, personForms } from "../protocol/person.ts";

/** How a setting is reached from outside. Secrets have no flag: command lines are seen by other processes. */
export interface SettingMeta {
  description: string;
  env: string;
  flag?: string;
  secret?: boolean;
  /** What to do when the value is wrong. */
  remedy?: string;
}

export const meta = (facts: SettingMeta) => facts as SettingMeta & Record<string, unknown>;

/** The kinds of values that settings have. */
export const text = z
  .string({ error: ({ input }) => (input === undefined ? "is missing" : undefined) })
  .trim()
  .min(1);
export const url = text
  .regex(/^https?:\/\/[^\s]+$/, "must be an http(s) address")
  .transform((value) => value.replace(/\/+$/, ""));
const words = { true: true, "1": true, yes: true, on: true, false: false, "0": false, no: false, off: false } as const;
export const flag = z.union([
  z.boolean(),
  text.toLowerCase().transform((value, context) => {
    if (value in words) return words[value as keyof typeof words];
    context.addIssue({ code: "custom", message: "must be true or false" });
    return z.NEVER;
  }),
]);
export const list = z.union(
  [
    z.array(text),
    text.transform((value) =>
      value
        .split(",")
        .map((item) => item.trim())
        .filter(Boolean),
    ),
  ],
  { error: "must be words, separated by commas" },
);
export const people = list.transform((found, context) =>
  found.flatMap((text) => {
    const person = parsePerson(text);
    if (person === undefined) context.addIssue({ code: "custom", message: `${text}: must be ${personForms}` });
    return person ?? [];
  }),
);
/** Text that its own parser understands; what that says against it names the setting, which is known here. */
export function parsedBy(parse: (value: string) => unknown) {
  return text.superRefine((value, context) => {
    try {
      parse(value);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const message = error.message.replace(`${error.setting} `, "");
      context.addIssue({ code: "custom", message: [message, error.remedy].filter(Boolean).join("; ") });
    }
  });
}
/** An object in the settings file, JSON text in a variable. */
export function fromJson<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => {
    try {
      return typeof value === "string" ? JSON.parse(value) : value;
    } catch {
      // The parser's own message would quote what stands there: secrets.
      return null;
    }
  }, schema);
}
export const port = z.coerce.number().int().min(0).max(65535);
export const webhookPath = text.regex(/^\/[\w./~-]*$/, "must begin with a slash and be plain");
