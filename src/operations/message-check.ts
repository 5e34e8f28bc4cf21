import { z } from "zod";
import { InputError } from "../core/errors.ts";
import type { DeliveryPreview, OutgoingMessage } from "../delivery/message.ts";
import { activeLimits, keyboardLimits, replyLimits, textLimits } from "../protocol/limits.ts";
import type { Scene } from "../protocol/scenes.ts";
import { sendC2cMessage } from "./c2c-message.ts";
import { sendChannelMessage } from "./channel-message.ts";
import type { OperationContext } from "./context.ts";
import { sendDmMessage } from "./dms.ts";
import { sendGroupMessage } from "./group-message.ts";
import { sendMessage } from "./message.ts";
import { defineAction, type Operation } from "./operation.ts";

const sends = {
  send_message: sendMessage,
  send_group_message: sendGroupMessage,
  send_c2c_message: sendC2cMessage,
  send_channel_message: sendChannelMessage,
  send_dm_message: sendDmMessage,
} as const satisfies Record<string, Operation>;

/** Where the raw sends go; send_message says so itself. */
const scenesOf: Readonly<Record<string, Scene>> = {
  send_group_message: "group",
  send_c2c_message: "c2c",
  send_channel_message: "channel",
  send_dm_message: "dms",
};

interface Problem {
  field: string;
  problem: string;
  remedy?: string;
}

export const checkMessage = defineAction({
  name: "check_message",
  title: "Check a message without sending it (发送前检查)",
  summary:
    "Every rule that can be known before sending: fields, lengths, buttons, forms that exclude each other, and for send_message how it would be split and whether it is still a free reply. Sends nothing.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    operation: z
      .enum(Object.keys(sends) as (keyof typeof sends)[])
      .default("send_message")
      .describe("The operation that would send it"),
    message: z.record(z.string().max(64), z.unknown()).describe("What that operation would be given"),
  }),
  output: z.looseObject({
    ok: z.boolean(),
    problems: z.array(z.looseObject({ field: z.string(), problem: z.string(), remedy: z.string().optional() })),
    mode: z.enum(["passive", "active"]).optional().describe("passive: a free reply"),
    parts: z
      .array(z.looseObject({ form: z.string(), text: z.string().optional(), width: z.number().optional() }))
      .optional()
      .describe("One per message that would be sent; width in columns, Chinese counts 2"),
    notes: z.array(z.string()),
    limits: z.looseObject({}).optional().describe("What counts in this scene"),
  }),
  docs: "https://bot.q.qq.com/wiki/develop/api-v2/server-inter/message/send-receive/send.html",
  async run(context, { operation: name, message }) {
    const operation: Operation = sends[name];
    const parsed = operation.input.safeParse(message);
    const scene = name === "send_message" ? message.scene : scenesOf[name];
    const limits = isScene(scene) ? { limits: limitsOf(scene) } : {};
    const notes = linkNotes(message);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message: problem }) => ({
        field: path.join(".") || "message",
        problem,
      }));
      return { ok: false, problems, notes, ...limits };
    }
    if (name !== "send_message") return { ok: true, problems: [], notes, ...limits };
    const plan = await planOf(context, parsed.data as Record<string, unknown>);
    return {
      ok: plan.problems.length === 0,
      problems: plan.problems,
      ...(plan.preview ? { mode: plan.preview.mode, parts: plan.preview.parts } : {}),
      notes: [...notes, ...plan.notes, ...(plan.preview?.notes ?? [])],
      ...limits,
    };
  },
});

/** send_message itself, with an outbox that only plans and a platform that cannot be reached. */
async function planOf(context: OperationContext, input: Record<string, unknown>) {
  let message: OutgoingMessage | undefined;
  let isBlocked = false;
  const blocked = () => {
    isBlocked = true;
    return Promise.reject(new InputError("message", "nothing is sent while checking"));
  };
  const dry: OperationContext = {
    ...context,
    rest: { request: blocked, close: async () => {} },
    readFile: blocked,
    delivery: {
      draft: () => undefined,
      preview: (given) => context.delivery.preview(given),
      async deliver(given) {
        message = given;
        return { parts: [], notes: [] };
      },
    },
  };
  const problems: Problem[] = [];
  let preview: DeliveryPreview | undefined;
  try {
    await sendMessage.run(dry, input);
    if (message) preview = context.delivery.preview(message);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { field, message: problem, remedy } = error;
    if (!isBlocked) problems.push({ field, problem, ...(remedy === undefined ? {} : { remedy }) });
  }
  return { preview, problems, notes: isBlocked ? ["not checked beyond the upload that comes first"] : [] };
}

const link = /https?:\/\/[^\s)\]]+|(?<![\w@.])[\w-]+\.(?:com|cn|net|org|io|md|top|xyz)\b/i;

/** The one refusal that surprises everybody: words that look like a domain count as links. */
function linkNotes(message: Record<string, unknown>): string[] {
  const markdown = message.markdown as { content?: unknown } | undefined;
  const found = [message.content, markdown?.content].map((text) =>
    typeof text === "string" ? link.exec(text)?.[0] : undefined,
  );
  return found
    .filter((text) => text !== undefined)
    .map(
      (text) =>
        `"${text.slice(0, 80)}" counts as a link: its domain has to be registered in the console (304003, 40054010)`,
    );
}

function isScene(value: unknown): value is Scene {
  return typeof value === "string" && value in replyLimits;
}

function limitsOf(scene: Scene) {
  const { windowMs, max } = replyLimits[scene];
  return {
    text_max_length: textLimits.maxLength,
    text_split_width: textLimits.splitWidth,
    reply_window_s: windowMs / 1000,
    ...(max === null ? {} : { replies_per_message: max }),
    active: activeLimits[scene],
    keyboard: keyboardLimits,
  };
}
