import { z } from "zod";
import { channelId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";

export const controlAudio = defineCall({
  name: "control_audio",
  title: "Control playback (音频控制)",
  summary: "Start, pause, resume or stop playback in a voice channel. Only bots of the audio type, on application.",
  toolset: "voice",
  permission: "send",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "POST",
  path: "/channels/{channel_id}/audio",
  input: z
    .strictObject({
      channel_id: channelId,
      status: z.literal([0, 1, 2, 3]).describe("0 start, 1 pause, 2 resume, 3 stop"),
      audio_url: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .optional()
        .describe("What to play, with status 0"),
      text: z.string().max(256).optional().describe("Line that is shown, with status 0"),
    })
    .refine((input) => input.status !== 0 || input.audio_url !== undefined, {
      path: ["audio_url"],
      message: "audio_url is needed to start",
    }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/audio/audio_control"),
});

export const takeMic = defineCall({
  name: "take_mic",
  title: "Take the microphone (机器人上麦)",
  summary: "Let the bot onto the microphone of a voice channel. Only bots of the audio type, on application.",
  toolset: "voice",
  permission: "send",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/channels/{channel_id}/mic",
  input: z.strictObject({ channel_id: channelId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/audio/put_mic"),
});

export const leaveMic = defineCall({
  name: "leave_mic",
  title: "Leave the microphone (机器人下麦)",
  summary: "Take the bot off the microphone of a voice channel. Only bots of the audio type, on application.",
  toolset: "voice",
  permission: "send",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}/mic",
  input: z.strictObject({ channel_id: channelId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/audio/delete_mic"),
});
