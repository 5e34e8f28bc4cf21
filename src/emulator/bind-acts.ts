import { z } from "zod";
import { type Act, defineAct } from "./act.ts";
import { userOf } from "./people.ts";
import type { Platform } from "./platform.ts";

/** A person confirms in mobile QQ. Throws InputError for an unknown person or a task that is not open. */
export function approveBinding(platform: Platform, input: { task_id: string; as: string }): { app_id: string } {
  const { appId, appSecret } = platform.app;
  const { userOpenid } = userOf(platform, input.as);
  platform.bindings.approve(input.task_id, { appId, appSecret, userOpenid });
  return { app_id: appId };
}

/** What people do with the QR code of a binding. */
export const bindActs: Readonly<Record<string, Act>> = {
  approve_binding: defineAct(z.strictObject({ task_id: z.string().min(1), as: z.string().min(1) }), approveBinding),
};
