import { z } from "zod";
import { InputError } from "../core/errors.ts";
import type { Act } from "./act.ts";
import { bindActs } from "./bind-acts.ts";
import { connectActs } from "./connect-acts.ts";
import { parseInput } from "./control-errors.ts";
import { forumActs } from "./forum-acts.ts";
import { friendActs } from "./friend-acts.ts";
import { groupActs } from "./group-acts.ts";
import { guildActs } from "./guild-acts.ts";
import { reviewActs } from "./message-review.ts";
import { miniActs } from "./mini-acts.ts";
import type { Platform } from "./platform.ts";

/** By `action`. A new family is one line here. */
const acts: Readonly<Record<string, Act>> = {
  ...groupActs,
  ...friendActs,
  ...bindActs,
  ...guildActs,
  ...connectActs,
  ...miniActs,
  ...forumActs,
  ...reviewActs,
};

const anyAct = z.looseObject({ action: z.string() });

/** One act of the control API: `action` with its own fields. Throws InputError that names the wrong one. */
export function act(platform: Platform, given: unknown): Record<string, unknown> {
  const { action, ...fields } = parseInput(anyAct, given);
  const found = Object.hasOwn(acts, action) ? acts[action] : undefined;
  if (!found) throw new InputError("action", `no action ${action}: there are ${Object.keys(acts).sort().join(", ")}`);
  return found.run(platform, parseInput(found.input, fields));
}
