import { isRecord } from "../core/json.ts";
import { seenOf, shapeOf } from "./probe.ts";
import type { Question } from "./question.ts";

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
      const reply = (seq: number) =>
        sender.send({ msg_type: 0, content: `${mark}: ${seq}`, msg_id: heard.id, msg_seq: seq });
      const first = await reply(1);
      const again = await reply(1);
      let accepted = first.status === 200 ? 1 : 0;
      for (let seq = 2; seq <= mostReplies; seq++) {
        const next = await reply(seq);
        if (next.status !== 200 || next.code !== undefined) return { first, again, accepted, next };
        accepted += 1;
      }
      return { first, again, accepted };
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

export function idOf(data: unknown): string | undefined {
  return isRecord(data) && typeof data.id === "string" ? data.id : undefined;
}
