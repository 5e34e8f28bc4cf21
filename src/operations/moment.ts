import { z } from "zod";

const forms = {
  seconds: /^(\d{1,10}|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))$/,
  milliseconds: /^(\d{10,15}|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))$/,
};

/** A point in time as the platform wants it, Unix time as text; ISO 8601 with a zone is turned into that. */
export function moment(unit: "seconds" | "milliseconds") {
  const text = z.string().regex(forms[unit], `must be Unix ${unit} as text, or like 2026-11-26T15:00+08:00`);
  return text.transform((value, context) => {
    if (/^\d+$/.test(value)) return value;
    const epochMs = Date.parse(value);
    if (!Number.isNaN(epochMs)) return String(unit === "seconds" ? Math.floor(epochMs / 1000) : epochMs);
    context.addIssue({ code: "custom", message: "there is no such day or hour" });
    return z.NEVER;
  });
}
