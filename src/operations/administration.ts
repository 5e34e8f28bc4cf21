import * as announcement from "./announcement.ts";
import { operationsOf } from "./everyday.ts";
import * as group from "./group.ts";
import * as groupMember from "./group-member.ts";
import * as mute from "./mute.ts";
import type { Operation } from "./operation.ts";
import * as pin from "./pin.ts";
import * as role from "./role.ts";

/** The families beside the everyday ones with which a bot looks after a group or a guild for its admins. */
export const administrationOperations: readonly Operation[] = operationsOf([
  group,
  groupMember,
  mute,
  role,
  announcement,
  pin,
]);
