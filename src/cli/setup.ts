import type { Clock } from "../core/clock.ts";
import { ApiError, NetworkError, QQError } from "../core/errors.ts";
import type { BindingDesk, BindingState } from "../operations/binding-desk.ts";
import { type Credentials, saveCredentials, saveTalkPolicy, type TalkPolicy } from "./credentials.ts";
import type { Dialogue } from "./dialogue.ts";

export interface SetupRoom {
  dialogue: Dialogue;
  binding: BindingDesk;
  clock: Clock;
  /** The data folder. */
  home: string;
  /** AppID that the data folder already holds. */
  bound: string | undefined;
  /** Fetches a token with them. Throws ApiError when the platform refuses them. */
  verify(bot: Credentials, signal: AbortSignal): Promise<void>;
}

const pollMs = 2000;
const byQr = "用手机 QQ 扫码绑定 / scan a QR code with mobile QQ";
const byHand = "粘贴 AppID 和 AppSecret / paste AppID and AppSecret";

/** Walks a person through it. Answers the AppID that is now in the data folder; undefined when the person left. */
export async function setUp(room: SetupRoom): Promise<string | undefined> {
  const { dialogue, bound } = room;
  if (bound !== undefined) {
    const question = `已绑定机器人 ${bound}，要换一个吗？/ bot ${bound} is set up already: replace it?`;
    if (!(await dialogue.confirm(question))) return undefined;
  }
  const way = await dialogue.choose("怎样连接你的机器人？/ how do you want to connect your bot?", [
    { value: "qr", label: byQr },
    { value: "paste", label: byHand },
  ]);
  if (way === undefined) return undefined;
  const appId = way === "qr" ? await scan(room) : await paste(room);
  if (appId !== undefined) await askWhoMayTalk(room);
  return appId;
}

/** Whoever leaves here has a bot that talks with everybody, within its limits. */
async function askWhoMayTalk({ dialogue, home }: SetupRoom): Promise<void> {
  const question = "谁可以跟机器人聊天？/ who may talk with the bot? (QQ_BOT_TALK_PRIVATE, QQ_BOT_TALK_GROUPS)";
  const policy = await dialogue.choose<TalkPolicy>(question, [
    { value: "open", label: "所有人 / everybody" },
    { value: "pairing", label: "我用配对码允许的人和群 / people and groups that I let in by a code" },
    { value: "allowlist", label: "名单里的人和群 / those on my list (qq-skill senders allow)" },
  ]);
  if (policy !== undefined) saveTalkPolicy(home, policy);
}

async function scan(room: SetupRoom): Promise<string | undefined> {
  const { dialogue, binding } = room;
  dialogue.say(
    "扫码可能让平台生成新的 AppSecret，别处在用的旧密钥会失效（未确认）。\nScanning may give the bot a new AppSecret; an old one in use elsewhere would stop working (unconfirmed).",
  );
  for (;;) {
    const { taskRef, connectUrl, qrText } = await binding.start("");
    dialogue.draw(qrText);
    dialogue.say(connectUrl);
    const state = await dialogue.wait("等待手机确认 / waiting for the phone", (signal) =>
      confirmation(room, taskRef, signal),
    );
    if (state === undefined) return undefined;
    if (state.status === "completed") {
      if (state.ownerOpenid !== undefined)
        dialogue.say(`扫码者的 openid / openid of who scanned: ${state.ownerOpenid}\n是机器人的主人 / owns the bot`);
      return state.appId;
    }
    if (!(await dialogue.confirm("二维码已过期，换一个？/ the code has expired: another one?"))) return undefined;
  }
}

/** Until the platform knows; undefined when the person has had enough. Lost answers are asked for again. */
async function confirmation(
  { binding, clock }: SetupRoom,
  taskRef: string,
  signal: AbortSignal,
): Promise<BindingState | undefined> {
  while (!signal.aborted) {
    try {
      const state = await binding.poll(taskRef, signal);
      if (state.status !== "pending") return state;
      await clock.sleep(pollMs, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof NetworkError)) throw error;
      await clock.sleep(pollMs);
    }
  }
  return undefined;
}

async function paste(room: SetupRoom): Promise<string | undefined> {
  const { dialogue, home } = room;
  dialogue.say("在 q.qq.com 的开发设置里可以找到 / both are in the console of q.qq.com, 开发设置");
  for (;;) {
    const appId = await dialogue.ask("AppID", (answer) =>
      /^\d+$/.test(answer) ? undefined : "只含数字 / digits only",
    );
    if (appId === undefined) return undefined;
    const secret = await dialogue.askSecret("AppSecret");
    if (secret === undefined) return undefined;
    const bot = { app_id: appId, app_secret: secret };
    const problem = await dialogue.wait("向平台核对 / asking the platform", (signal) => problemOf(room, bot, signal));
    if (problem === undefined) {
      saveCredentials(home, bot);
      return appId;
    }
    dialogue.say([problem.message, problem.remedy].filter(Boolean).join("\n"));
    if (problem instanceof ApiError) {
      if (!(await dialogue.confirm("重新输入？/ enter them again?"))) return undefined;
    } else if (await dialogue.confirm("无法核对，仍然保存？/ they could not be checked: save them all the same?")) {
      saveCredentials(home, bot);
      return appId;
    } else return undefined;
  }
}

async function problemOf({ verify }: SetupRoom, bot: Credentials, signal: AbortSignal): Promise<QQError | undefined> {
  try {
    await verify(bot, signal);
    return undefined;
  } catch (error) {
    if (error instanceof QQError) return error;
    if (signal.aborted) return new QQError("cancelled", "已停止核对 / the check was stopped");
    throw error;
  }
}
