import * as account from "./account.ts";
import * as announcement from "./announcement.ts";
import * as apiPermission from "./api-permission.ts";
import * as audio from "./audio.ts";
import * as binding from "./binding.ts";
import * as c2cMessage from "./c2c-message.ts";
import * as channel from "./channel.ts";
import * as channelMessage from "./channel-message.ts";
import * as channelPermission from "./channel-permission.ts";
import * as dms from "./dms.ts";
import * as emulator from "./emulator.ts";
import * as errorExplanation from "./error-explanation.ts";
import * as events from "./events.ts";
import * as frame from "./frame.ts";
import * as group from "./group.ts";
import * as groupMember from "./group-member.ts";
import * as groupMessage from "./group-message.ts";
import * as guild from "./guild.ts";
import * as intentMask from "./intent-mask.ts";
import * as interaction from "./interaction.ts";
import * as joinStrategy from "./join-strategy.ts";
import * as media from "./media.ts";
import * as member from "./member.ts";
import * as menu from "./menu.ts";
import * as message from "./message.ts";
import * as messageCheck from "./message-check.ts";
import * as mini from "./mini.ts";
import * as miniMessage from "./mini-message.ts";
import * as miniProject from "./mini-project.ts";
import * as mute from "./mute.ts";
import * as oauth from "./oauth.ts";
import * as onboarding from "./onboarding.ts";
import type { Operation } from "./operation.ts";
import * as panel from "./panel.ts";
import * as pin from "./pin.ts";
import * as reaction from "./reaction.ts";
import * as recall from "./recall.ts";
import * as role from "./role.ts";
import * as schedule from "./schedule.ts";
import * as shareLink from "./share-link.ts";
import * as stream from "./stream.ts";
import * as thread from "./thread.ts";
import * as webhook from "./webhook.ts";

/** Families in the order in which they are listed; every exported value of one is an operation. */
const families = [
  message,
  recall,
  media,
  reaction,
  interaction,
  guild,
  channel,
  member,
  role,
  channelPermission,
  mute,
  announcement,
  pin,
  schedule,
  thread,
  audio,
  apiPermission,
  account,
  events,
  channelMessage,
  dms,
  groupMessage,
  c2cMessage,
  stream,
  group,
  groupMember,
  joinStrategy,
  menu,
  panel,
  shareLink,
  onboarding,
  binding,
  messageCheck,
  errorExplanation,
  intentMask,
  frame,
  webhook,
  emulator,
  oauth,
  mini,
  miniMessage,
  miniProject,
] as const;

/** The whole table; inside a family by export name, which a bundler would otherwise order as it likes. */
export const operations: readonly Operation[] = families.flatMap((family): Operation[] =>
  Object.entries(family)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, operation]) => operation),
);

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function findOperation(name: string): Operation | undefined {
  return byName.get(name);
}
