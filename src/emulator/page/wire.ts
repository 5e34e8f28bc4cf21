import type { Json } from "../../core/json.ts";
import type { Conversation, Scene } from "../../protocol/scenes.ts";
import type { Trace } from "../../protocol/trace.ts";

/** What the control API says, as far as the page reads it. Every `id` of a conversation is what `say` takes. */
export interface World {
  users: readonly Person[];
  c2c: readonly { id: string; user: string }[];
  groups: readonly Group[];
  guilds: readonly Guild[];
  dms: readonly { id: string; user: string; guild: string }[];
}

export interface Person {
  id: string;
  name: string;
}

export interface Group {
  id: string;
  name: string;
  members: readonly string[];
  recv_msg_setting?: string;
}

export interface Guild {
  id: string;
  name: string;
  members: readonly string[];
  channels: readonly Channel[];
}

export interface Channel {
  id: string;
  name: string;
  /** QQ's numbers: 0 text, 2 voice, 4 category, 10005 live, 10006 app, 10007 forum. */
  type: number;
  /** Of a text channel: 0 chat, 1 announcements. */
  sub_type?: number;
}

export interface Info {
  app_id: string;
  bot: { id: string; name: string; connected: boolean };
  /** User id whose orders the bot takes. */
  owner?: string | null;
  model?: { name: string; isDemo: boolean } | null;
  version?: string;
  /** Platform time, epoch ms. */
  now: number;
  /** Ids of QQ's wire -> user id or "bot". */
  identities?: Readonly<Record<string, string>>;
}

export interface Message {
  id: string;
  /** "bot" or a user id. */
  from: string;
  content: string;
  at: number;
  kind?: "text" | "markdown" | "media" | "ark" | "embed" | "typing";
  mode?: "passive" | "active";
  msg_id?: string;
  msg_seq?: number;
  markdown?: string;
  image_url?: string;
  keyboard?: Json;
  quote?: { id: string; from: string; content: string };
  /** The person mentioned the bot. */
  mention?: boolean;
  recalled?: boolean;
  reactions?: readonly Reaction[];
}

/** `type` 1 = QQ's own face, 2 = emoji by decimal code point; `from` names those who set it. */
export interface Reaction {
  type: number;
  id: string;
  from: readonly string[];
}

/** One REST call or gateway frame. `dir` is the platform's view: "in" came from the bot. */
export interface Frame {
  n: number;
  at: number;
  dir: "in" | "out";
  kind: "rest" | "ws";
  method?: string;
  path?: string;
  status?: number;
  data: Json;
}

/** A button that somebody pressed; `code` is the bot's acknowledgement, 0 = done. */
export interface Interaction {
  id: string;
  message_id: string;
  button_id: string;
  code?: number;
}

export type FeedEvent =
  | {
      kind: "hello";
      world: World;
      info: Info;
      messages: readonly { scene: Scene; id: string; messages: readonly Message[] }[];
      traces: readonly Trace[];
      frames: readonly Frame[];
      interactions?: readonly Interaction[];
    }
  | { kind: "message" | "message_update"; scene: Scene; id: string; message: Message }
  | { kind: "frame"; frame: Frame }
  | { kind: "trace"; trace: Trace }
  | { kind: "interaction"; interaction: Interaction }
  | { kind: "info"; info: Info }
  | { kind: "world"; world: World; identities: NonNullable<Info["identities"]> }
  | { kind: "clock"; now: number }
  | { kind: "reset"; world: World; info: Info };

export type { Conversation, Scene, Trace };
