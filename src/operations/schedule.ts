import { z } from "zod";
import { channelId, scheduleId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { memberAnswer } from "./member-answer.ts";
import { moment } from "./moment.ts";
import { defineCall } from "./operation.ts";
import { rowsOf } from "./rows.ts";

const time = moment("milliseconds");

const schedule = z
  .strictObject({
    name: z.string().min(1).max(256).describe("Name"),
    description: z.string().max(2000).optional().describe("What it is about"),
    start_timestamp: time.describe("Start, like 2026-11-26T15:00+08:00 or Unix milliseconds as text; not in the past"),
    end_timestamp: time.describe("End, same form; at most 7 days after the start"),
    jump_channel_id: channelId.default("0").describe("Channel that opens at the start; 0 none"),
    remind_type: z
      .enum(["0", "1", "2", "3", "4", "5"])
      .default("0")
      .describe("Reminder: 0 none, 1 at the start, 2 to 5: 5, 15, 30, 60 minutes before"),
  })
  .describe("The whole schedule");

const scheduleAnswer = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  start_timestamp: z.string().optional().describe("Unix milliseconds"),
  end_timestamp: z.string().optional(),
  creator: memberAnswer.optional(),
  jump_channel_id: z.string().optional(),
  remind_type: z.string().optional(),
});

export const listSchedules = defineCall({
  name: "list_schedules",
  title: "Schedules of a channel (日程列表)",
  summary: "Schedules (日程) of a schedule channel: those of today, or those that end after since.",
  toolset: "content",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/schedules",
  input: z.strictObject({
    channel_id: channelId,
    since: z.int().min(0).max(9_999_999_999_999).optional().describe("Unix milliseconds; default: today only"),
  }),
  output: z.looseObject({ schedules: z.array(scheduleAnswer) }),
  docs: docsPage("channel/content/schedule/get_schedules"),
  decode: (data) => ({ schedules: rowsOf(data, "schedules") }),
});

export const getSchedule = defineCall({
  name: "get_schedule",
  title: "One schedule (日程详情)",
  summary: "Name, time, reminder and creator of one schedule.",
  toolset: "content",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/schedules/{schedule_id}",
  input: z.strictObject({ channel_id: channelId, schedule_id: scheduleId }),
  output: scheduleAnswer,
  docs: docsPage("channel/content/schedule/get_schedule"),
});

export const createSchedule = defineCall({
  name: "create_schedule",
  title: "Create a schedule (创建日程)",
  summary:
    "New schedule in a schedule channel (type 10006, application_id 1000050); 10 a day per administrator, 100 per guild. The bot must be a guild administrator.",
  toolset: "content",
  permission: "manage",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "POST",
  path: "/channels/{channel_id}/schedules",
  input: z.strictObject({ channel_id: channelId, schedule }),
  output: scheduleAnswer,
  docs: docsPage("channel/content/schedule/post_schedule"),
});

export const updateSchedule = defineCall({
  name: "update_schedule",
  title: "Change a schedule (修改日程)",
  summary: "Replace the fields of a schedule. The bot must be a guild administrator.",
  toolset: "content",
  permission: "manage",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "PATCH",
  path: "/channels/{channel_id}/schedules/{schedule_id}",
  input: z.strictObject({ channel_id: channelId, schedule_id: scheduleId, schedule }),
  output: scheduleAnswer,
  docs: docsPage("channel/content/schedule/patch_schedule"),
});

export const deleteSchedule = defineCall({
  name: "delete_schedule",
  title: "Delete a schedule (删除日程)",
  summary: "Delete a schedule. The bot must be a guild administrator.",
  toolset: "content",
  permission: "destroy",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}/schedules/{schedule_id}",
  input: z.strictObject({ channel_id: channelId, schedule_id: scheduleId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/schedule/delete_schedule"),
});
