import type { Log } from "../core/log.ts";
import type { Conversation } from "../protocol/scenes.ts";
import type { Trace } from "../protocol/trace.ts";
import type { Bindings } from "./bindings.ts";
import type { Chats } from "./chats.ts";
import type { Connect } from "./connect.ts";
import type { Dials } from "./dials.ts";
import type { Faults } from "./faults.ts";
import type { Feed } from "./feed.ts";
import type { Files } from "./files.ts";
import type { Frames } from "./frames.ts";
import type { Gateway } from "./gateway.ts";
import type { Mini } from "./mini.ts";
import type { PlatformClock } from "./platform-clock.ts";
import type { ReplyBook } from "./reply-book.ts";
import type { GatewayEvent } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";
import type { Uploads } from "./uploads.ts";
import type { WebhookSender } from "./webhook-sender.ts";
import type { World } from "./world.ts";

/** A button click that waits for its acknowledgement, or has it. */
export interface Interaction {
  /** `d.id`, which the acknowledgement names. */
  id: string;
  event_id: string;
  conversation: Conversation;
  message_id: string;
  button_id: string;
  /** User id. */
  as: string;
  at: number;
  /** The acknowledgement's code; absent while pending. */
  code?: number;
}

export interface NumberedTrace extends Trace {
  n: number;
}

/** Everything the routes, the control API and the gateway work on. One value, made and owned by `startEmulator`. */
export interface Platform {
  readonly app: { readonly appId: string; readonly appSecret: string };
  /** QQ login: another app with its own openids. */
  readonly connect: Connect;
  readonly mini: Mini;
  readonly clock: PlatformClock;
  readonly log: Log;
  /** Replaced as a whole by a reset. */
  dials: Dials;
  world: World;
  /** `http://127.0.0.1:7717`; known once the server listens. */
  url: string;
  readonly chats: Chats;
  readonly tokens: Tokens;
  readonly gateway: Gateway;
  readonly webhook: WebhookSender;
  readonly frames: Frames;
  readonly faults: Faults;
  readonly feed: Feed;
  readonly files: Files;
  readonly bindings: Bindings;
  readonly uploads: Uploads;
  readonly replies: ReplyBook;
  readonly interactions: Map<string, Interaction>;
  traces: NumberedTrace[];
  /** Tells the bot: by webhook while a callback address is set, otherwise over the gateway. */
  dispatch(event: GatewayEvent): void;
  isBotConnected(): boolean;
}
