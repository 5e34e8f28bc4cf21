import * as announcement from "./announcement.ts";
import * as apiPermission from "./api-permission.ts";
import * as audio from "./audio.ts";
import * as binding from "./binding.ts";
import * as c2cMessage from "./c2c-message.ts";
import * as channelMessage from "./channel-message.ts";
import * as channelPermission from "./channel-permission.ts";
import * as emulator from "./emulator.ts";
import * as errorExplanation from "./error-explanation.ts";
import { everydayOperations, operationsOf } from "./everyday.ts";
import * as frame from "./frame.ts";
import * as group from "./group.ts";
import * as groupMember from "./group-member.ts";
import * as groupMessage from "./group-message.ts";
import * as intentMask from "./intent-mask.ts";
import * as joinStrategy from "./join-strategy.ts";
import * as limits from "./limits.ts";
import * as menu from "./menu.ts";
import * as messageCheck from "./message-check.ts";
import * as mini from "./mini.ts";
import * as miniMessage from "./mini-message.ts";
import * as miniProject from "./mini-project.ts";
import * as mute from "./mute.ts";
import * as oauth from "./oauth.ts";
import * as onboarding from "./onboarding.ts";
import type { Operation } from "./operation.ts";
import * as outbox from "./outbox.ts";
import * as panel from "./panel.ts";
import * as pin from "./pin.ts";
import * as role from "./role.ts";
import * as schedule from "./schedule.ts";
import * as shareLink from "./share-link.ts";
import * as stream from "./stream.ts";
import * as thread from "./thread.ts";
import * as webhook from "./webhook.ts";

/** The whole table: what is used every day, then everything else, family by family. */
export const operations: readonly Operation[] = [
  ...everydayOperations,
  ...operationsOf([
    role,
    channelPermission,
    mute,
    announcement,
    pin,
    schedule,
    thread,
    audio,
    apiPermission,
    channelMessage,
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
    outbox,
    errorExplanation,
    intentMask,
    limits,
    frame,
    webhook,
    emulator,
    oauth,
    mini,
    miniMessage,
    miniProject,
  ]),
];

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function findOperation(name: string): Operation | undefined {
  return byName.get(name);
}
