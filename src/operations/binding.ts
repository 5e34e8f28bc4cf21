import { z } from "zod";
import { NetworkError } from "../core/errors.ts";
import type { BindingState } from "./binding-desk.ts";
import type { OperationContext } from "./context.ts";
import { defineAction } from "./operation.ts";

const docs = "https://q.qq.com/qqbot/openclaw/";
const pollMs = 2000;

export const startBinding = defineAction({
  name: "start_binding",
  title: "Bind a bot by QR code (扫码绑定机器人)",
  summary:
    "Begin to bind a bot to this program: a person scans the code with the mobile QQ that owns the bot and confirms. Then call poll_binding. It may give the bot a new AppSecret, so that an old one in use elsewhere stops working (unconfirmed): warn the person first. The protocol has no public page.",
  toolset: "setup",
  permission: "manage",
  scope: "bot",
  status: "undocumented",
  input: z.strictObject({
    source: z
      .string()
      .max(64)
      .default("")
      .describe("Name shown to the person, if one was agreed with the platform; without it 第三方机器人"),
  }),
  output: z.looseObject({
    task_ref: z.string().describe("For poll_binding; valid in this process only"),
    connect_url: z.string().describe("To open with mobile QQ, or to show as a QR code"),
    qr_text: z.string().describe("The code in block characters; show it in a monospaced font"),
    next: z.string(),
  }),
  docs,
  async run(context, { source }, signal) {
    const { taskRef, connectUrl, qrText } = await context.binding.start(source, signal);
    const next = "Show the code, then call poll_binding with this task_ref and wait_s=50 until it is completed.";
    return { task_ref: taskRef, connect_url: connectUrl, qr_text: qrText, next };
  },
});

export const pollBinding = defineAction({
  name: "poll_binding",
  title: "Whether the QR code was confirmed (查询绑定结果)",
  summary:
    "Ask, every 2 seconds while wait_s lasts, whether the person has confirmed. When completed, AppID and AppSecret are written to credentials.json in the data folder (only its owner can read it); the secret is never shown. The protocol has no public page.",
  toolset: "setup",
  permission: "manage",
  scope: "bot",
  status: "undocumented",
  input: z.strictObject({
    task_ref: z.string().min(1).max(128).describe("From start_binding"),
    wait_s: z.int().min(0).max(50).default(0).describe("Seconds to wait for the confirmation"),
  }),
  output: z.looseObject({
    status: z.enum(["pending", "completed", "expired"]).describe("expired: start again with a new code"),
    app_id: z.string().optional(),
    owner_openid: z.string().optional().describe("The person who scanned: a first entry for QQ_BOT_OWNERS"),
    saved: z.boolean(),
    saved_to: z.string().optional(),
    note: z.string().optional(),
  }),
  docs,
  async run(context, input, signal) {
    const { clock } = context;
    const deadline = clock.now() + input.wait_s * 1000;
    for (;;) {
      const isLast = clock.now() + pollMs > deadline;
      const state = await pollOnce(context, { taskRef: input.task_ref, isLast }, signal);
      if (state.status !== "pending" || isLast) return answer(state);
      await clock.sleep(pollMs, signal);
    }
  },
});

/** A lost answer in the middle of the wait is asked for again. */
async function pollOnce(
  context: OperationContext,
  { taskRef, isLast }: { taskRef: string; isLast: boolean },
  signal?: AbortSignal,
): Promise<BindingState> {
  try {
    return await context.binding.poll(taskRef, signal);
  } catch (error) {
    if (isLast || !(error instanceof NetworkError)) throw error;
    context.log.debug({ error }, "no answer about the binding; asking again");
    return { status: "pending" };
  }
}

function answer({ status, appId, ownerOpenid, savedTo, note }: BindingState) {
  return {
    status,
    ...(appId === undefined ? {} : { app_id: appId }),
    ...(ownerOpenid === undefined ? {} : { owner_openid: ownerOpenid }),
    saved: savedTo !== undefined,
    ...(savedTo === undefined ? {} : { saved_to: savedTo }),
    ...(note === undefined ? {} : { note }),
  };
}
