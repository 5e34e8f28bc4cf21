import type { Command } from "./command.ts";
import { claim } from "./commands/claim.ts";
import { forget } from "./commands/forget.ts";
import { help } from "./commands/help.ts";
import { mode } from "./commands/mode.ts";
import { model } from "./commands/model.ts";
import { notes } from "./commands/notes.ts";
import { pair } from "./commands/pair.ts";
import { quota } from "./commands/quota.ts";
import { reminders } from "./commands/reminders.ts";
import { reset } from "./commands/reset.ts";
import { sid } from "./commands/sid.ts";
import { status } from "./commands/status.ts";
import { stop } from "./commands/stop.ts";
import { approve, deny } from "./commands/word.ts";

/** In the order of /help and of the command panel. */
export const commands: readonly Command[] = [
  ...[help, stop, reset, notes, forget, reminders],
  ...[status, quota, model, sid, mode],
  ...[approve, deny, pair, claim],
];
