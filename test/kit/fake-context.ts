import type { Json } from "../../src/core/json.ts";
import { silentLog } from "../../src/core/log.ts";
import type { DeliveryResult, OutgoingMessage } from "../../src/delivery/message.ts";
import type { BindingDesk } from "../../src/operations/binding-desk.ts";
import type { Caller, GatewayStatus, OperationContext, StoredEvent } from "../../src/operations/context.ts";
import type { EmulatorDesk } from "../../src/operations/emulator-desk.ts";
import { permissions } from "../../src/operations/operation.ts";
import { type Conversation, conversationKey } from "../../src/protocol/scenes.ts";
import { signerOf } from "../../src/protocol/signature.ts";
import type { RestRequest, RestResponse } from "../../src/rest/request.ts";
import { type Approvals, createApprovals } from "../../src/store/approvals.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrations.ts";
import type { OutgoingMessageRow } from "../../src/store/outgoing.ts";
import { FakeClock } from "./fake-clock.ts";

export interface FakeContext {
  context: OperationContext;
  clock: FakeClock;
  requests: RestRequest[];
  /** Conversations with what was asked to be delivered. */
  delivered: OutgoingMessage[];
  audit: { outcome: string; scope: string; operation: string; caller: string; input: Json }[];
  recalled: string[];
  uploads: { scene: string; id: string; name: string; size: number; fileType?: number | undefined }[];
  /** Every file_info that was found to be refused. */
  forgotten: string[];
  gatewayCalls: string[];
  warnings: object[];
  /** Adds an event and wakes whoever waits. */
  arrive(event: Partial<StoredEvent> & { type: string; data: Json }): StoredEvent;
}

export interface FakeOptions {
  caller?: Partial<Caller>;
  /** Answer of the platform to every call, or by request. May throw. */
  respond?: (request: RestRequest) => unknown;
  deliver?: (message: OutgoingMessage) => DeliveryResult;
  latest?: Record<string, string[]>;
  outgoing?: OutgoingMessageRow[];
  gateway?: GatewayStatus;
  /** Whom assistants may hear. Default: everybody. */
  senders?: readonly string[];
  pair?: (text: string, rule: string, at: number) => boolean;
  emulator?: EmulatorDesk;
  binding?: BindingDesk;
}

/** Every port of the operations in memory, recording what went through it. */
export function fakeContext(options: FakeOptions = {}): FakeContext {
  const clock = new FakeClock();
  const events: StoredEvent[] = [];
  const waiters = new Set<() => void>();
  const fake: Omit<FakeContext, "context"> = {
    clock,
    requests: [],
    delivered: [],
    audit: [],
    recalled: [],
    uploads: [],
    forgotten: [],
    gatewayCalls: [],
    warnings: [],
    arrive(event) {
      const position = events.length + 1;
      const stored: StoredEvent = {
        source: "gateway",
        appId: "app",
        id: `${event.type}:${position}`,
        receivedAt: clock.now(),
        position,
        ...event,
      };
      events.push(stored);
      for (const wake of waiters) wake();
      return stored;
    },
  };
  let state: GatewayStatus = options.gateway ?? { state: "live" };
  const context: OperationContext = {
    appId: "app",
    caller: { kind: "assistant", grants: new Set(permissions), label: "test", ...options.caller },
    rest: {
      async request(request): Promise<RestResponse> {
        fake.requests.push(request);
        const data = options.respond?.(request);
        return isResponse(data) ? data : { status: 200, data, retried: false };
      },
      close: async () => {},
    },
    token: {
      get: async () => "token-value",
      renew: async () => "token-value",
      status: () => ({ state: "valid", expiresAt: clock.now() + 7_200_000, remainingSeconds: 7200 }),
    },
    delivery: {
      draft: () => undefined,
      preview: ({ text = "" }) => ({ mode: "active", parts: [{ form: "text", text, width: text.length }], notes: [] }),
      async deliver(message) {
        fake.delivered.push(message);
        return (
          options.deliver?.(message) ?? {
            parts: [{ messageId: "m1", mode: "active", status: "sent", sentAt: clock.now() }],
            notes: [],
          }
        );
      },
    },
    uploads: {
      async upload({ name, bytes, ...file }) {
        fake.uploads.push({ ...file, name, size: bytes.byteLength });
        return { file_info: `info of ${name}`, ttl: 300 };
      },
      forget: (fileInfo) => void fake.forgotten.push(fileInfo),
    },
    gateway: {
      async start(intents) {
        fake.gatewayCalls.push(`start ${intents ?? "default"}`);
        state = { state: "live", intents: intents ?? 1, lastAckAt: clock.now() };
        return state;
      },
      async stop() {
        fake.gatewayCalls.push("stop");
        state = { state: "stopped" };
        return state;
      },
      status: () => state,
    },
    inbox: {
      list({ after, types, limit }) {
        const found = events.filter((event) => event.position > (after ?? 0) && (!types || types.includes(event.type)));
        return after === undefined ? found.slice(-limit) : found.slice(0, limit);
      },
      last: () => events.length,
      lost: () => 0,
      wait(cursor, timeoutMs, signal) {
        if (events.length > cursor) return Promise.resolve();
        return new Promise((resolve, reject) => {
          const wake = () => {
            waiters.delete(wake);
            cancel();
            resolve();
          };
          const cancel = clock.after(timeoutMs, wake);
          waiters.add(wake);
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      },
    },
    senders: { rules: () => new Set(options.senders ?? ["*"]), pair: options.pair ?? (() => false) },
    sent: {
      latest: (conversation: Conversation, limit) =>
        (options.latest?.[conversationKey(conversation)] ?? [])
          .slice(0, limit)
          .map((messageId) => ({ messageId, sentAt: clock.now() })),
      markRecalled: (conversation, messageId) => {
        fake.recalled.push(`${conversationKey(conversation)} ${messageId}`);
      },
    },
    outgoing: { list: () => options.outgoing ?? [], used: () => 2 },
    audit: { record: (row) => fake.audit.push(row) },
    // Ids here need not look like the platform's; names have tests of their own.
    names: { resolve: async (_operation, _context, input) => input, of: async () => [], forget: () => {} },
    approvals: memoryApprovals(() => clock.now()),
    connect: { appId: "101000001", base: "https://graph.qq.com", redirectUri: undefined, logins: noVault },
    mini: {
      appId: "1112345678",
      token: { get: noVault, renew: noVault, status: () => ({ state: "none" }) },
      sessions: noVault,
      findCode: async () => undefined,
      keepCode: async (page) => `/codes/${page}.png`,
      listProject: async () => [],
    },
    binding: options.binding ?? { start: () => Promise.reject(), poll: () => Promise.reject() },
    emulator: options.emulator ?? { current: () => undefined, start: () => Promise.reject(), stop: async () => false },
    signer: () => signerOf("fake-app-secret"),
    readFile: async (path) => ({ name: path.split("/").at(-1) ?? "", bytes: new Uint8Array([1, 2, 3]) }),
    clock,
    log: { ...silentLog, warn: (facts) => fake.warnings.push(facts), error: (facts) => fake.warnings.push(facts) },
  };
  return { ...fake, context };
}

function isResponse(value: unknown): value is RestResponse {
  return typeof value === "object" && value !== null && "retried" in value && "status" in value;
}

function memoryApprovals(now: () => number): Approvals {
  let opened: Approvals | undefined;
  const approvals = () => {
    if (opened) return opened;
    const database = openDatabase(":memory:");
    migrate(database);
    opened = createApprovals({ database, appId: "app", now });
    return opened;
  };
  return {
    open: (approval) => approvals().open(approval),
    use: (approval) => approvals().use(approval),
    get calls() {
      return approvals().calls;
    },
  };
}

/** Tests that need the vault bring a real store. */
function noVault(): never {
  throw new Error("this test has no vault");
}
