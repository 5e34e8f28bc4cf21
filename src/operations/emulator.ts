import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { scenes } from "../protocol/scenes.ts";
import type { OperationContext } from "./context.ts";
import type { EmulatorMessage, EmulatorSpeech, LocalEmulator } from "./emulator-desk.ts";
import { defineAction } from "./operation.ts";

const docs = "https://bot.q.qq.com/wiki/develop/api-v2/";
const facts = { toolset: "developer", scope: "bot", docs } as const;
const scene = z.enum(scenes).describe("Kind of conversation");
const placeId = z.string().min(1).max(128).describe("Id of the conversation, from emulator_read with what=world");
const longestAdvanceMs = 10 * 365 * 86_400_000;
const pollMs = 100;
const whereThingsAre = "Call emulator_read with what=world: it lists people and places with their ids.";

const status = z.looseObject({
  running: z.boolean(),
  url: z.string().optional().describe("Base of the bot API"),
  page_url: z.string().optional().describe("The chat page for a person"),
  variables: z.looseObject({}).optional().describe("Set these for a bot that shall live there"),
  bot_connected: z.boolean().optional().describe("Whether a bot listens on the gateway"),
});

export const emulatorStart = defineAction({
  ...facts,
  name: "emulator_start",
  title: "Start a local QQ (启动本地 QQ)",
  summary:
    "A local QQ platform in this process, to test a bot without an account: its API, gateway and chat page. Answers the variables that point any bot at it. One that runs already is kept.",
  permission: "manage",
  idempotent: true,
  input: z.strictObject({
    port: z.int().min(0).max(65_535).default(0).describe("0: any free port; otherwise this or one of the next 20"),
  }),
  output: status,
  run: async (context, input) => describe(await context.emulator.start(input.port)),
});

export const emulatorStop = defineAction({
  ...facts,
  name: "emulator_stop",
  title: "Stop the local QQ (停止本地 QQ)",
  summary: "End the local QQ that emulator_start began. Its world and messages are gone.",
  permission: "manage",
  idempotent: true,
  input: z.strictObject({}),
  output: z.looseObject({ running: z.boolean(), was_running: z.boolean() }),
  run: async (context) => ({ running: false, was_running: await context.emulator.stop() }),
});

export const emulatorSay = defineAction({
  ...facts,
  name: "emulator_say",
  title: "Speak as a person in the local QQ (模拟用户发言)",
  summary:
    "A person of the local QQ writes a message, and the bot under test hears it as on the real platform. With wait_s the bot's answer comes back.",
  permission: "manage",
  input: z.strictObject({
    as: z.string().min(1).max(64).describe("Who speaks: a user id such as alice"),
    scene,
    id: placeId,
    content: z.string().min(1).max(15_000).describe("Text; <@bob> mentions a person"),
    mention: z.boolean().optional().describe("Mentions the bot, in groups and channels"),
    wait_s: z.int().min(0).max(50).default(0).describe("Seconds to wait for the first answer of the bot"),
  }),
  output: z.looseObject({
    message_id: z.string(),
    event_id: z.string().nullable().describe("null: the platform tells the bot nothing of this message"),
    bot_connected: z.boolean(),
    answers: z.array(z.looseObject({ id: z.string(), from: z.string() })).describe("What the bot wrote meanwhile"),
  }),
  async run(context, { wait_s: waitSeconds, mention, ...speech }, signal) {
    const emulator = running(context);
    const said = mended(() =>
      emulator.say({ ...speech, ...(mention === undefined ? {} : { mention }) } satisfies EmulatorSpeech),
    );
    const { clock } = context;
    const deadline = clock.now() + waitSeconds * 1000;
    const answers = (): EmulatorMessage[] =>
      emulator
        .messages({ scene: speech.scene, id: speech.id, after: said.message_id })
        .filter(({ from }) => from === "bot");
    while (answers().length === 0 && clock.now() < deadline) await clock.sleep(pollMs, signal);
    return { ...said, bot_connected: emulator.isBotConnected(), answers: answers() };
  },
});

export const emulatorAct = defineAction({
  ...facts,
  name: "emulator_act",
  title: "Let something else happen in the local QQ (模拟其他行为)",
  summary:
    "What people and the platform do besides talking: joining, leaving, muting, adding the bot and more. An unknown action is refused with the list of all.",
  permission: "manage",
  input: z.strictObject({
    action: z.string().min(1).max(64).describe("Name of the action"),
    fields: z.record(z.string().max(64), z.unknown()).default({}).describe("Its fields; a wrong one is named"),
  }),
  output: z.looseObject({ action: z.string(), result: z.looseObject({}).describe("Ids of what came of it") }),
  async run(context, { action, fields }) {
    const emulator = running(context);
    return { action, result: mended(() => emulator.act({ ...fields, action })) };
  },
});

export const emulatorRead = defineAction({
  ...facts,
  name: "emulator_read",
  title: "Look into the local QQ (查看本地 QQ)",
  summary:
    "world: people, groups, guilds and their ids; messages: one conversation, oldest first; frames: API calls and gateway frames of the bot; status: whether it runs and a bot is connected.",
  permission: "read",
  input: z.strictObject({
    what: z.enum(["status", "world", "messages", "frames"]).default("status").describe("What to look at"),
    scene: scene.optional(),
    id: placeId.optional(),
    after: z.string().min(1).max(256).optional().describe("messages: only those after this message id"),
    after_frame: z.int().min(0).max(1_000_000_000).default(0).describe("frames: only those with a greater n"),
    limit: z.int().min(1).max(200).default(50).describe("The newest so many"),
  }),
  output: z.looseObject({ what: z.string() }),
  async run(context, { what, ...input }) {
    if (what === "status") {
      const found = context.emulator.current();
      if (!found) return { what, running: false };
      // Whoever may only look gets no secret, not even a local one.
      const { variables: _, ...facts } = describe(found);
      return { what, ...facts };
    }
    const emulator = running(context);
    if (what === "world") return { what, world: emulator.world };
    if (what === "frames") return { what, frames: emulator.frames(input.after_frame).slice(-input.limit) };
    const { scene: kind, id, after } = input;
    if (kind === undefined || id === undefined) {
      throw new InputError(kind === undefined ? "scene" : "id", "messages are read from one conversation", {
        remedy: "Give scene and id of a conversation; what=world lists them.",
      });
    }
    const messages = mended(() => emulator.messages({ scene: kind, id, after })).slice(-input.limit);
    return { what, messages };
  },
});

export const emulatorClock = defineAction({
  ...facts,
  name: "emulator_clock",
  title: "Move the clock of the local QQ (调整本地 QQ 时间)",
  summary:
    "Let time pass on the local platform, to see windows, quotas and tokens run out at once; or put its world back to the start.",
  permission: "manage",
  input: z.strictObject({
    advance_ms: z.int().min(0).max(longestAdvanceMs).default(0).describe("Milliseconds; time only goes forward"),
    reset: z.boolean().default(false).describe("First put world, messages, quotas and clock back to the start"),
  }),
  output: z.looseObject({ now: z.string().describe("Time of the local platform, ISO 8601") }),
  async run(context, input) {
    const emulator = running(context);
    if (input.reset) emulator.reset();
    return { now: new Date(emulator.advance(input.advance_ms)).toISOString() };
  },
});

export const emulatorFault = defineAction({
  ...facts,
  name: "emulator_fault",
  title: "Let something go wrong in the local QQ (模拟故障)",
  summary:
    "Broken sockets, late and doubled events, refused, slow and lost answers: to see how the bot under test copes. Without kind it lists what is set; an unknown kind is refused with the list of all.",
  permission: "manage",
  input: z.strictObject({
    kind: z.string().min(1).max(64).optional().describe("What goes wrong, such as half_open or server_error"),
    match: z.string().min(1).max(256).optional().describe("Part of METHOD /path of the call, or of the event type"),
    count: z.int().min(1).max(1_000_000).nullable().optional().describe("How often; default 1, null until cleared"),
    probability: z.number().gt(0).max(1).optional().describe("Of each occasion; default 1"),
    delay_ms: z.int().min(0).max(86_400_000).optional().describe("How late or how long, where the kind has a time"),
    code: z.int().min(1).max(1_000_000_000).optional().describe("Close code, or code of the refusal"),
    resumable: z.boolean().optional().describe("op9: whether the session may be resumed"),
    after_effect: z.boolean().optional().describe("The call takes effect, and only its answer is bad"),
    copies: z.int().min(2).max(100).optional().describe("webhook_storm: posts of one event"),
    seed: z.int().min(0).max(4_294_967_295).optional().describe("Of the dice for probability; default 1"),
    clear: z.boolean().default(false).describe("First remove all faults"),
  }),
  output: z.looseObject({
    faults: z.array(z.looseObject({ id: z.number(), kind: z.string() })).describe("left: how often still; hits so far"),
  }),
  async run(context, { clear, kind, ...fields }) {
    const emulator = running(context);
    if (clear) emulator.clearFaults();
    const remedy = "See the message; emulator_fault without kind lists what is set.";
    if (kind !== undefined) mended(() => emulator.addFault({ kind, ...fields }), remedy);
    return { faults: emulator.faults() };
  },
});

function running({ emulator }: OperationContext): LocalEmulator {
  const found = emulator.current();
  if (found) return found;
  throw new InputError("emulator", "no local QQ runs in this process", { remedy: "Call emulator_start first." });
}

/** What the world refuses names the field; what to do about it is for us to say. */
function mended<T>(act: () => T, remedy = whereThingsAre): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.field, error.message, { remedy, cause: error });
  }
}

function describe(emulator: LocalEmulator) {
  const { url, pageUrl, tokenUrl, app } = emulator;
  return {
    running: true,
    url,
    page_url: pageUrl,
    bot_connected: emulator.isBotConnected(),
    variables: {
      QQ_BOT_APP_ID: app.appId,
      QQ_BOT_APP_SECRET: app.appSecret,
      QQ_BOT_API_BASE: url,
      QQ_BOT_TOKEN_URL: tokenUrl,
    },
  };
}
