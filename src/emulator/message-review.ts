import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Act, defineAct } from "./act.ts";
import type { Answer } from "./call.ts";
import type { ChatMessage } from "./chats.ts";
import { missing } from "./control-errors.ts";
import { guildNamed } from "./guild-acts.ts";
import { tellOfGuild } from "./guild-payloads.ts";
import type { Platform } from "./platform.ts";
import type { Place } from "./world.ts";

/** A message of the bot that nobody sees yet. */
export interface HeldMessage {
  message: Omit<ChatMessage, "seq">;
  /** As events name the place; a private session has its own. */
  guildId: string;
  channelId: string;
}

/** Takes a message of the bot for review: 202 with an error body, the verdict comes as an event. */
export function holdMessage(
  place: Extract<Place, { scene: "channel" | "dms" }>,
  message: Omit<ChatMessage, "seq">,
): Answer {
  const auditId = randomUUID();
  const isDms = place.scene === "dms";
  const guild = isDms ? place.dms.guild : place.guild;
  guild.state.held.set(auditId, {
    message,
    guildId: isDms ? place.id : guild.id,
    channelId: isDms ? place.dms.channelId : place.id,
  });
  const isReply = message.row.mode === "passive";
  return {
    status: 202,
    body: {
      code: isReply ? 304024 : 304023,
      message: isReply ? "reply message is waiting for review" : "push message is waiting for review",
      data: { message_audit: { audit_id: auditId } },
    },
  };
}

const guild = z.string().min(1);
const verdict = z.strictObject({ guild, audit_id: z.string().min(1) });

/** Review of what the bot sends in a guild: off at the start. */
export const reviewActs: Readonly<Record<string, Act>> = {
  review_messages: defineAct(z.strictObject({ guild, held: z.boolean() }), (platform, input) => {
    guildNamed(platform, input.guild).state.isReviewed = input.held;
    return { held: input.held };
  }),
  approve_message: defineAct(verdict, (platform, input) => judge(platform, input, true)),
  reject_message: defineAct(verdict, (platform, input) => judge(platform, input, false)),
};

function judge(platform: Platform, input: z.infer<typeof verdict>, isApproved: boolean): Record<string, unknown> {
  const home = guildNamed(platform, input.guild);
  const held = home.state.held.get(input.audit_id);
  if (!held) throw missing("audit_id", "nothing waits for review under this id");
  home.state.held.delete(input.audit_id);
  const { message, guildId, channelId } = held;
  const now = platform.clock.now();
  const sent = isApproved ? platform.chats.add({ ...message, row: { ...message.row, at: now } }) : undefined;
  const d = {
    audit_id: input.audit_id,
    audit_time: platform.clock.timestamp(now),
    create_time: platform.clock.timestamp(message.row.at),
    ...{ guild_id: guildId, channel_id: channelId },
    ...(sent ? { message_id: sent.row.id, seq_in_channel: String(sent.seq) } : {}),
  };
  const type = isApproved ? "MESSAGE_AUDIT_PASS" : "MESSAGE_AUDIT_REJECT";
  const event_id = tellOfGuild(platform, { type, guild: home, d });
  return { event_id, ...(sent ? { message_id: sent.row.id } : {}) };
}
