import { z } from "zod";
import { isRecord } from "../core/json.ts";

/** For calls that the platform answers with an empty body: a model must not take nothing for a failure. */
export const doneAnswer = z.looseObject({ done: z.boolean().describe("true: the platform accepted it") });

export function readDone(data: unknown): z.infer<typeof doneAnswer> {
  return { ...(isRecord(data) ? data : {}), done: true };
}
