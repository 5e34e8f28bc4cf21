import type { Scene } from "../protocol/scenes.ts";

/** A local QQ in this process, to try a bot on. */
export interface EmulatorDesk {
  /** undefined: none runs. */
  current(): LocalEmulator | undefined;
  /** The running one, or a new one on `port` (0: any free one). Throws ConfigError when no port is free. */
  start(port: number): Promise<LocalEmulator>;
  /** False when none ran. Throws InputError for one that belongs to the whole process. */
  stop(): Promise<boolean>;
}

/** Throws InputError, naming the field, for what the world does not have. */
export interface LocalEmulator {
  readonly url: string;
  readonly tokenUrl: string;
  /** Opens the chat page; holds the token of the page. */
  readonly pageUrl: string;
  readonly app: { readonly appId: string; readonly appSecret: string };
  readonly world: object;
  say(message: EmulatorSpeech): { event_id: string | null; message_id: string };
  act(input: Record<string, unknown>): Record<string, unknown>;
  messages(query: { scene: Scene; id: string; after?: string | undefined }): EmulatorMessage[];
  /** REST calls and gateway frames with n > after, redacted. */
  frames(after?: number): { n: number }[];
  /** Both answer the platform's time, epoch ms. */
  advance(ms: number): number;
  reset(): number;
  isBotConnected(): boolean;
  /** Something goes wrong from now on; the message of a refusal names the kinds, or the wrong field. */
  addFault(fault: { kind: string } & Record<string, unknown>): EmulatorFault;
  faults(): EmulatorFault[];
  /** All of them; answers how many. */
  clearFaults(): number;
}

export interface EmulatorFault {
  id: number;
  kind: string;
  /** null: without end. */
  left: number | null;
  hits: number;
}

export interface EmulatorSpeech {
  as: string;
  scene: Scene;
  id: string;
  content: string;
  mention?: boolean;
}

export interface EmulatorMessage {
  id: string;
  /** User id, or "bot". */
  from: string;
  at: number;
}
