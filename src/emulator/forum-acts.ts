import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { type Act, defineAct } from "./act.ts";
import { missing } from "./control-errors.ts";
import { channelNamed, memberNamed } from "./guild-acts.ts";
import { paragraphs, tellOfForum, threadInfo } from "./guild-payloads.ts";
import type { Reply, Thread } from "./guild-state.ts";
import { forumId } from "./identity.ts";
import type { Platform } from "./platform.ts";
import type { Channel, Guild, GuildMember } from "./world.ts";

const at = { as: z.string().min(1), channel: z.string().min(1) };
const thread_id = z.string().min(1);
const text = z.string().min(1).max(10_000);

/** What people do in forum channels: threads, posts in them, replies to posts. */
export const forumActs: Readonly<Record<string, Act>> = {
  post_thread: defineAct(z.strictObject({ ...at, title: text, content: text }), (platform, input) => {
    const place = forum(platform, input);
    const thread: Thread = {
      ...{ id: forumId("B"), authorId: place.member.user.guildUserId, title: input.title },
      ...{ content: paragraphs(input.content), at: platform.clock.now(), posts: [] },
    };
    place.channel.state.threads.unshift(thread);
    return { thread_id: thread.id, event_id: tell(platform, place, "THREAD_CREATE", threadInfo(platform, thread)) };
  }),
  edit_thread: defineAct(z.strictObject({ ...at, thread_id, content: text }), (platform, input) => {
    const place = forum(platform, input);
    const thread = threadNamed(place.channel, input.thread_id);
    thread.content = paragraphs(input.content);
    return { event_id: tell(platform, place, "THREAD_UPDATE", threadInfo(platform, thread)) };
  }),
  drop_thread: defineAct(z.strictObject({ ...at, thread_id }), (platform, input) => {
    const place = forum(platform, input);
    const thread = threadNamed(place.channel, input.thread_id);
    place.channel.state.threads = place.channel.state.threads.filter((other) => other !== thread);
    return { event_id: tell(platform, place, "THREAD_DELETE", threadInfo(platform, thread)) };
  }),
  post_in_thread: defineAct(z.strictObject({ ...at, thread_id, content: text }), (platform, input) => {
    const place = forum(platform, input);
    const post = { id: forumId("C"), ...said(platform, place, input.content), replies: [] };
    threadNamed(place.channel, input.thread_id).posts.push(post);
    const info = postInfo(platform, input.thread_id, post);
    return { post_id: post.id, event_id: tell(platform, place, "POST_CREATE", info) };
  }),
  drop_post: defineAct(z.strictObject({ ...at, thread_id, post_id: thread_id }), (platform, input) => {
    const place = forum(platform, input);
    const thread = threadNamed(place.channel, input.thread_id);
    const post = postNamed(thread, input.post_id);
    thread.posts = thread.posts.filter((other) => other !== post);
    return { event_id: tell(platform, place, "POST_DELETE", postInfo(platform, input.thread_id, post)) };
  }),
  reply_to_post: defineAct(
    z.strictObject({ ...at, thread_id, post_id: thread_id, content: text }),
    (platform, input) => {
      const place = forum(platform, input);
      const reply: Reply = { id: forumId("R"), ...said(platform, place, input.content) };
      postNamed(threadNamed(place.channel, input.thread_id), input.post_id).replies.push(reply);
      return {
        reply_id: reply.id,
        event_id: tell(platform, place, "REPLY_CREATE", replyInfo(platform, input, reply)),
      };
    },
  ),
  drop_reply: defineAct(
    z.strictObject({ ...at, thread_id, post_id: thread_id, reply_id: thread_id }),
    (platform, input) => {
      const place = forum(platform, input);
      const post = postNamed(threadNamed(place.channel, input.thread_id), input.post_id);
      const reply = post.replies.find((candidate) => candidate.id === input.reply_id);
      if (!reply) throw missing("reply_id", "no such reply");
      post.replies = post.replies.filter((other) => other !== reply);
      return { event_id: tell(platform, place, "REPLY_DELETE", replyInfo(platform, input, reply)) };
    },
  ),
};

interface Place {
  guild: Guild;
  channel: Channel;
  member: GuildMember;
}

function forum(platform: Platform, input: { as: string; channel: string }): Place {
  const { guild, channel } = channelNamed(platform, input.channel);
  if (channel.type !== 10007) throw new InputError("channel", `${channel.name} is not a forum`);
  return { guild, channel, member: memberNamed(platform, guild, input.as) };
}

function threadNamed(channel: Channel, id: string): Thread {
  const found = channel.state.threads.find((thread) => thread.id === id);
  if (!found) throw missing("thread_id", "no such thread in this forum");
  return found;
}

function postNamed(thread: Thread, id: string): Thread["posts"][number] {
  const found = thread.posts.find((post) => post.id === id);
  if (!found) throw missing("post_id", "no such post in this thread");
  return found;
}

function said(platform: Platform, { member }: Place, content: string): Omit<Reply, "id"> {
  return { authorId: member.user.guildUserId, content: paragraphs(content), at: platform.clock.now() };
}

function postInfo(platform: Platform, threadId: string, post: Omit<Reply, "authorId">): Record<string, unknown> {
  return {
    thread_id: threadId,
    post_id: post.id,
    content: post.content,
    date_time: platform.clock.timestamp(post.at),
  };
}

function replyInfo(platform: Platform, ids: { thread_id: string; post_id: string }, reply: Reply) {
  return {
    thread_id: ids.thread_id,
    post_id: ids.post_id,
    reply_id: reply.id,
    content: reply.content,
    date_time: platform.clock.timestamp(reply.at),
  };
}

/** Told under the name of who did it. */
function tell(
  platform: Platform,
  { guild, channel, member }: Place,
  change: Parameters<typeof tellOfForum>[1]["change"],
  info: Record<string, unknown>,
): string {
  return tellOfForum(platform, { change, guild, channel, authorId: member.user.guildUserId, info });
}
