import type { z } from "zod";
import type { Platform } from "./platform.ts";

/** Something that people or the platform do, besides talking: one value of `POST /_emulator/act`. */
export interface Act {
  /** Fields besides `action`; strict. */
  input: z.ZodObject;
  /** Answers the ids of what came of it. Throws InputError when it cannot be done. */
  run(platform: Platform, input: Record<string, unknown>): Record<string, unknown>;
}

export function defineAct<I extends z.ZodObject>(
  input: I,
  run: (platform: Platform, input: z.infer<I>) => Record<string, unknown>,
): Act {
  // Parsed with the same schema before it gets here.
  return { input, run: (platform, given) => run(platform, given as z.infer<I>) };
}
