import { Agent, createServer, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { orAborted } from "../../src/core/abort.ts";
import type { Clock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { raise } from "../../src/emulator/event.ts";
import { type EventType, say } from "../../src/emulator/people.ts";
import { makePlatform, type StartedPlatform } from "../../src/emulator/platform-start.ts";
import { restApp } from "../../src/emulator/rest.ts";
import type { WorldSeed } from "../../src/emulator/seed.ts";
import type { Http } from "../../src/rest/http.ts";
import type { Place } from "./plan.ts";
import { TextFrames } from "./text-frames.ts";

const hour = 3_600_000;
const people = ["ann", "ben"];

export const soakSeed: WorldSeed = {
  users: people.map((id) => ({ id, name: id })),
  groups: [
    { name: "mentions", members: people, recvMsgSetting: "only_mention" },
    { name: "all", members: people, recvMsgSetting: "all" },
  ],
  guilds: [{ name: "guild", members: people, channels: [{ name: "talk", type: 0 }] }],
  dials: {
    heartbeatIntervalMs: 10_000,
    // An outage must not turn into the end of a reply's time: that is another test's matter.
    replyWindowMs: { c2c: hour, group: hour, channel: hour, dms: hour },
    channelMessagesPerSecond: 1000,
    activePerPeerPerMinute: 1000,
    activePerBotPerMinute: 1000,
  },
};

/** One frame that came all the way to a life: nothing before it had ended the connection. */
export type Heard = (frame: { t?: string; id?: string; d?: unknown; s?: number }) => void;

/** The emulator and the way to it, in memory: no kernel, no real time, the same course for the same seed. */
export class SoakWorld {
  readonly platform: StartedPlatform;
  readonly #app: ReturnType<typeof restApp>;
  readonly #server = createServer();
  readonly #lines = new Set<Line>();
  /** Called when a message of the bot is about to be taken. */
  onSend: () => void = () => {};

  constructor(clock: Clock) {
    this.platform = makePlatform({
      ...{ appId: "102000001", appSecret: "soak-secret", clock, log: silentLog, token: "soak", seed: soakSeed },
      hello: () => ({ kind: "hello" }),
      onConnectedChange: () => {},
    });
    this.platform.url = "http://127.0.0.1:7717";
    this.#app = restApp(this.platform);
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { gateway } = this.platform;
      if (gateway.swallowsUpgrade()) return void socket.resume();
      gateway.server.handleUpgrade(request, socket, head, (ws) => gateway.server.emit("connection", ws, request));
    });
  }

  say(place: Place, n: number): string | null {
    const { world } = this.platform;
    const [scene, id] = {
      c2c: ["c2c", world.users[n % 2]?.userOpenid],
      mention: ["group", world.groups[0]?.id],
      group: ["group", world.groups[1]?.id],
      channel: ["channel", world.guilds[0]?.channels[0]?.id],
      dms: ["dms", world.dms[n % world.dms.length]?.id],
    }[place] as ["c2c", string];
    const as = people.find((name) => this.#mayWrite(name, scene, id)) ?? "";
    return say(this.platform, { as, scene, id, content: `question ${n}`, mention: place !== "c2c" }).event_id;
  }

  raise(type: EventType): string {
    return raise(this.platform, { type }).event_id;
  }

  /** REST for a life: calls are carried out even when their caller dies, who then hears nothing any more. */
  http(isDead: () => boolean): Http {
    const send = async (url: string, init: RequestInit): Promise<Response> => {
      const gone = new Promise<never>(() => {});
      if (isDead()) return gone;
      if (url.endsWith("/messages")) this.onSend();
      const { signal, ...rest } = init;
      const response = await orAborted(Promise.resolve(this.#app.fetch(new Request(url, rest))), signal ?? undefined);
      const text = async () => {
        const words = await orAborted(response.text(), signal ?? undefined);
        return isDead() ? gone : words;
      };
      if (isDead()) return gone;
      return { status: response.status, headers: response.headers, text } as Response;
    };
    return { fetch: send as typeof fetch, close: async () => {} };
  }

  /** The gateway's socket for a life; `cut` when it dies. */
  agent(heard: Heard): { agent: Agent; cut(): void } {
    const mine = new Set<Line>();
    const agent = new Agent({ keepAlive: false });
    agent.createConnection = () => {
      const line = new Line(heard);
      mine.add(line);
      this.#lines.add(line);
      this.#server.emit("connection", line.server);
      return line.client;
    };
    return {
      agent,
      cut: () => {
        for (const line of mine) line.cut();
      },
    };
  }

  close(): void {
    this.platform.gateway.close();
    for (const line of this.#lines) line.cut();
  }

  #mayWrite(name: string, scene: string, id: string): boolean {
    const { world } = this.platform;
    const user = world.users.find((candidate) => candidate.id === name);
    if (scene === "c2c") return user?.userOpenid === id;
    return scene === "dms" ? world.dms.some((dms) => dms.id === id && dms.user === user) : true;
  }
}

/** Two ends of one connection. What the server writes is looked at on its way. */
class Line {
  readonly client: Duplex;
  readonly server: Duplex;

  constructor(heard: Heard) {
    const frames = new TextFrames();
    let isEnding = false;
    const look = (chunk: Buffer) => {
      for (const frame of frames.read(chunk)) {
        if (!isEnding && frame.op === 0 && !this.client.destroyed) heard(frame);
        isEnding ||= frame.op === 7 || frame.op === 9;
      }
    };
    this.client = new End(() => this.server);
    this.server = new End(() => this.client, look);
  }

  cut(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

class End extends Duplex {
  readonly #other: () => Duplex;
  readonly #look: ((chunk: Buffer) => void) | undefined;

  constructor(other: () => Duplex, look?: (chunk: Buffer) => void) {
    super({ autoDestroy: true });
    this.#other = other;
    this.#look = look;
  }

  // What http and ws ask of a socket.
  setKeepAlive(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#look?.(chunk);
    if (!this.#other().destroyed) this.#other().push(chunk);
    done();
  }

  override _final(done: () => void): void {
    if (!this.#other().destroyed) this.#other().push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other();
    setImmediate(() => other.destroy());
    done(error);
  }
}
