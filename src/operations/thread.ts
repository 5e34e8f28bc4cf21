import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { channelId, threadId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";
import { rowsOf } from "./rows.ts";

const thread = z.looseObject({
  guild_id: z.string().optional(),
  channel_id: z.string().optional(),
  author_id: z.string().optional(),
  thread_info: z
    .looseObject({
      thread_id: z.string().optional(),
      title: z.string().optional(),
      content: z.string().optional().describe("JSON text {paragraphs:[{elems,props}]}"),
      date_time: z.string().optional(),
    })
    .optional(),
});

export const listThreads = defineCall({
  name: "list_threads",
  title: "Threads of a forum (帖子列表)",
  summary: "Threads (帖子) of a forum channel, as many as the platform gives. Private-domain bots only.",
  toolset: "content",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/threads",
  input: z.strictObject({ channel_id: channelId }),
  output: z.looseObject({
    threads: z.array(thread),
    is_finish: z.number().optional().describe("1: these are all"),
  }),
  docs: docsPage("channel/content/forum/get_threads_list"),
  decode: (data) => ({ ...(isRecord(data) ? data : {}), threads: rowsOf(data, "threads") }),
});

export const getThread = defineCall({
  name: "get_thread",
  title: "One thread of a forum (帖子详情)",
  summary: "Title and content of one thread. Private-domain bots only.",
  toolset: "content",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/threads/{thread_id}",
  input: z.strictObject({ channel_id: channelId, thread_id: threadId }),
  output: z.looseObject({ thread }),
  docs: docsPage("channel/content/forum/get_thread"),
});

export const createThread = defineCall({
  name: "create_thread",
  title: "Publish a thread (发表帖子)",
  summary:
    "Post a thread in a forum channel; it is reviewed first, and FORUM_PUBLISH_AUDIT_RESULT tells the verdict. Private-domain bots only.",
  toolset: "content",
  permission: "send",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "PUT",
  path: "/channels/{channel_id}/threads",
  input: z.strictObject({
    channel_id: channelId,
    title: z.string().min(1).max(256).describe("Title"),
    content: z.string().min(1).max(100_000).describe("Content in the given format"),
    format: z
      .literal([1, 2, 3, 4])
      .default(1)
      .describe("1 text, 2 HTML, 3 Markdown, 4 JSON text {paragraphs:[{elems:[{type,text:{text}}],props}]}"),
  }),
  output: z.looseObject({
    task_id: z.string().describe("FORUM_PUBLISH_AUDIT_RESULT repeats it"),
    create_time: z.union([z.string(), z.number()]).optional().describe("Unix seconds"),
  }),
  docs: docsPage("channel/content/forum/put_thread"),
});

export const deleteThread = defineCall({
  name: "delete_thread",
  title: "Delete a thread (删除帖子)",
  summary: "Delete a thread of a forum channel. Private-domain bots only.",
  toolset: "content",
  permission: "destroy",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/channels/{channel_id}/threads/{thread_id}",
  input: z.strictObject({ channel_id: channelId, thread_id: threadId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/content/forum/delete_thread"),
});
