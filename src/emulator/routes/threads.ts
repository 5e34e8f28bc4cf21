import { isRecord } from "../../core/json.ts";
import { type Answer, type Call, ok, type Route, textOf } from "../call.ts";
import { paragraphs, tellOfForum, tellOfGuild, threadInfo, wireThread } from "../guild-payloads.ts";
import type { Thread } from "../guild-state.ts";
import { decimalId, forumId, randomBytes } from "../identity.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import type { Channel, Guild } from "../world.ts";
import { guildChannelOf, requirePrivateDomain } from "./guild.ts";

const one = "/channels/{channel_id}/threads/{thread_id}";
const all = "/channels/{channel_id}/threads";

/** Threads of forum channels. */
export const threadRoutes: readonly Route[] = [
  {
    endpoint: "threads.list",
    method: "GET",
    path: all,
    handle: (call) => {
      const place = forumOf(call);
      const threads = place.channel.state.threads.map((thread) => shown(call.platform, { ...place, thread }));
      return ok({ threads, is_finish: 1 });
    },
  },
  {
    endpoint: "threads.get",
    method: "GET",
    path: one,
    handle: (call) => {
      const place = forumOf(call);
      return ok({ thread: shown(call.platform, { ...place, thread: threadOf(call, place.channel) }) });
    },
  },
  {
    endpoint: "threads.create",
    method: "PUT",
    path: all,
    handle: publish,
  },
  {
    endpoint: "threads.delete",
    method: "DELETE",
    path: one,
    handle: (call) => {
      const place = forumOf(call);
      const thread = threadOf(call, place.channel);
      place.channel.state.threads = place.channel.state.threads.filter((other) => other !== thread);
      tellOfForum(call.platform, {
        ...{ change: "THREAD_DELETE", ...place, authorId: thread.authorId },
        info: threadInfo(call.platform, thread),
      });
      return { status: 204 };
    },
  },
];

function publish(call: Call): Answer {
  const { platform, body } = call;
  const { guild, channel } = forumOf(call);
  const title = textOf(body, "title")?.trim() || refuse(503005, "thread: title empty");
  const given = textOf(body, "content") ?? refuse(503006, "thread: content empty");
  const content = contentOf(given, body.format);
  const now = platform.clock.now();
  const taskId = decimalId(16, platform.app.appId, "task", randomBytes(16).toString("hex"));
  const authorId = platform.world.bot.id;
  const thread: Thread = { id: forumId("B"), authorId, title, content, at: now, posts: [] };
  const isPassed = platform.dials.isForumReviewPassed;
  if (isPassed) {
    channel.state.threads.unshift(thread);
    const info = threadInfo(platform, thread);
    tellOfForum(platform, { change: "THREAD_CREATE", guild, channel, authorId, info });
  }
  const d = {
    task_id: taskId,
    ...{ guild_id: guild.id, channel_id: channel.id, author_id: authorId },
    ...{ thread_id: isPassed ? thread.id : "", post_id: "", reply_id: "" },
    ...{ type: 1, result: isPassed ? 0 : 1, err_msg: isPassed ? "" : "the content did not pass the review" },
    date_time: platform.clock.timestamp(now),
  };
  tellOfGuild(platform, { type: "FORUM_PUBLISH_AUDIT_RESULT", guild, d });
  return ok({ task_id: taskId, create_time: String(Math.floor(now / 1000)) });
}

/** 1 text, 2 HTML, 3 Markdown, 4 JSON text. The first three are kept as they are, line by line. */
function contentOf(given: string, format: unknown): string {
  if (format === 1 || format === 2 || format === 3) return paragraphs(given);
  if (format !== 4) refuse(503015, "thread: format is wrong");
  try {
    const parsed: unknown = JSON.parse(given);
    if (isRecord(parsed) && Array.isArray(parsed.paragraphs)) return given;
  } catch {
    // Not JSON: refused like JSON of another shape.
  }
  return refuse(503014, "thread: content JSON cannot be parsed");
}

function forumOf({ platform, params }: Call): { guild: Guild; channel: Channel } {
  const place = guildChannelOf(platform, params.channel_id);
  requirePrivateDomain(platform);
  return place.channel.type === 10007 ? place : refuse(503003, "not a forum channel");
}

function threadOf({ params }: Call, channel: Channel): Thread {
  const id = params.thread_id ?? "";
  const thread = channel.state.threads.find((candidate) => candidate.id === id);
  if (!thread && !/^B_[0-9a-f]+X\d+$/.test(id)) refuse(503009, "thread id invalid");
  return thread ?? refuse(503012, "thread missing or deleted");
}

function shown(platform: Platform, place: { guild: Guild; channel: Channel; thread: Thread }): Record<string, unknown> {
  return wireThread(place, platform.clock.timestamp(place.thread.at));
}
