import { isRecord } from "../core/json.ts";
import { type Seen, seenOf, shapeOf } from "./probe.ts";
import type { Question, Sender } from "./question.ts";

const mark = "qq-skill doctor";
const nobodyWrote = "nobody wrote in time";
const v2 = ["c2c", "group"] as const;
/** More than any published number of replies. */
const mostReplies = 6;

const keyboard = {
  content: {
    rows: [
      {
        buttons: [
          {
            id: "1",
            render_data: { label: "检查", visited_label: "检查", style: 1 },
            action: { type: 2, permission: { type: 2 }, data: mark, unsupport_tips: "-" },
          },
        ],
      },
    ],
  },
};

/** People see these: a person is asked to write, or the bot writes and takes it back. */
export const sendingQuestions: readonly Question[] = [
  {
    id: "arrival",
    title: "消息从哪个分片、以哪种事件到达 / by which shard and event a message comes",
    assumed: "private chats and groups come on shard 0, once, with TYPE: before the event id (emulator/sessions.ts)",
    kind: "hear",
    scenes: v2,
    async ask(probe) {
      const heard = await probe.hear();
      if (!heard) return nobodyWrote;
      const { arrivals, data } = heard;
      return {
        arrivals: arrivals.map(({ shard, type }) => `${type} on shard ${shard} of 2`).sort(),
        is_type_before_event_id: arrivals.every(({ type, eventId }) => eventId?.startsWith(`${type}:`) ?? false),
        fields: shapeOf(data),
      };
    },
  },
  {
    id: "stream",
    title: "流式消息 / a message that grows",
    assumed: "needs msg_id or event_id: 40034024 without (emulator/routes/stream.ts); costs one reply",
    kind: "send",
    scenes: ["c2c"],
    text: `${mark}: 流式消息 / a message that grows (you are asked to write first)`,
    async ask(probe, sender) {
      const heard = await probe.hear();
      if (!heard) return nobodyWrote;
      const path = `/v2/users/${encodeURIComponent(probe.target?.id ?? "")}/stream_messages`;
      const frame = { input_mode: "append", content_type: "text", msg_seq: 1 };
      const bare = await probe.call("POST", path, {
        body: { ...frame, input_state: 10, index: 0, content_raw: `${mark}: 1` },
      });
      sender.remember(idOf(bare.data));
      const begun = await probe.call("POST", path, {
        body: { ...frame, msg_id: heard.id, input_state: 1, index: 0, content_raw: `${mark}: ` },
      });
      const id = idOf(begun.data);
      sender.remember(id);
      if (id === undefined) return { without_msg_id: seenOf(bare), begun: seenOf(begun) };
      const ended = await probe.call("POST", path, {
        body: { ...frame, msg_id: heard.id, stream_msg_id: id, input_state: 10, index: 1, content_raw: "流式 / grows" },
      });
      return { without_msg_id: seenOf(bare), begun: seenOf(begun), ended: seenOf(ended) };
    },
  },
  {
    id: "replies",
    title: "一条消息能回复几次 / how many replies a message gets",
    assumed: "4 in private chats, 5 in groups; the same msg_seq again is 40054005 (protocol/limits.ts)",
    kind: "send",
    scenes: v2,
    text: `${mark}: 1 … ${mostReplies} (you are asked to write first)`,
    async ask(probe, sender) {
      const heard = await probe.hear();
      if (!heard) return nobodyWrote;
      const first = await reply(sender, heard.id, 1);
      const again = await reply(sender, heard.id, 1);
      const { accepted, next } = await repliesFrom(2, heard.id, sender);
      return { first, again, accepted: accepted + (isTaken(first) ? 1 : 0), next };
    },
  },
  {
    id: "typing",
    title: "“正在输入”占不占一次回复 / whether a typing state costs a reply",
    assumed: "it may: two are shown at most (bot/typing.ts); the emulator counts none",
    kind: "send",
    scenes: ["c2c"],
    text: `${mark}: 1 … ${mostReplies} (you are asked to write first)`,
    async ask(probe, sender) {
      const heard = await probe.hear();
      if (!heard) return nobodyWrote;
      const path = `/v2/users/${encodeURIComponent(probe.target?.id ?? "")}/messages`;
      const input_notify = { input_type: 1, input_second: 5 };
      const typing = await probe.call("POST", path, {
        body: { msg_type: 6, input_notify, msg_id: heard.id, msg_seq: 900 },
      });
      return { typing: seenOf(typing), replies_after_it: (await repliesFrom(1, heard.id, sender)).accepted };
    },
  },
  {
    id: "late_reply",
    title: "5 到 60 分钟后的回复 / a reply after 5 to 60 minutes",
    assumed: "private chats 60 minutes, groups 5: 40034005 after it (protocol/limits.ts)",
    kind: "send",
    scenes: v2,
    text: `${mark}: 迟到的回复 / a late reply`,
    async ask(probe, sender) {
      const id = await probe.oldMessage();
      if (id === undefined) return "no message of that age is stored here";
      return sender.send({ msg_type: 0, content: `${mark}: 迟到的回复 / a late reply`, msg_id: id, msg_seq: 901 });
    },
  },
  {
    id: "active_message",
    title: "主动消息 / an active message",
    assumed: "allowed within its quota (protocol/limits.ts)",
    kind: "send",
    scenes: v2,
    text: `${mark}: 主动消息 / an active message`,
    ask: (_, sender) => sender.send({ msg_type: 0, content: `${mark}: 主动消息 / an active message` }),
  },
  {
    id: "markdown",
    title: "Markdown 消息 / markdown",
    assumed: "open to every bot (delivery/plan.ts)",
    kind: "send",
    scenes: v2,
    text: `${mark}: **Markdown**`,
    ask: (_, sender) => sender.send({ msg_type: 2, markdown: { content: `${mark}: **Markdown**` } }),
  },
  {
    id: "keyboard",
    title: "按钮 / buttons",
    assumed: "go with markdown, open to every bot (delivery/plan.ts)",
    kind: "send",
    scenes: v2,
    text: `${mark}: [检查]`,
    ask: (_, sender) => sender.send({ msg_type: 2, markdown: { content: `${mark}: 按钮 / a button` }, keyboard }),
  },
  {
    id: "link",
    title: "消息里的网址 / an address in a message",
    assumed: "goes out until QQ refuses it (delivery/links.ts)",
    kind: "send",
    scenes: v2,
    text: `${mark}: https://example.com/`,
    ask: (_, sender) => sender.send({ msg_type: 0, content: `${mark}: https://example.com/` }),
  },
];

function reply(sender: Sender, msg_id: string, seq: number): Promise<Seen> {
  return sender.send({ msg_type: 0, content: `${mark}: ${seq}`, msg_id, msg_seq: seq });
}

function isTaken({ status, code }: Seen): boolean {
  return status === 200 && code === undefined;
}

/** Replies until one is refused: how many were taken, and how the next one was not. */
async function repliesFrom(
  first: number,
  id: string,
  sender: Sender,
): Promise<{ accepted: number; next: Seen | null }> {
  for (let seq = first; seq <= mostReplies; seq++) {
    const answer = await reply(sender, id, seq);
    if (!isTaken(answer)) return { accepted: seq - first, next: answer };
  }
  return { accepted: mostReplies - first + 1, next: null };
}

export function idOf(data: unknown): string | undefined {
  return isRecord(data) && typeof data.id === "string" ? data.id : undefined;
}
