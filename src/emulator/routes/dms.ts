import { ok, type Route, textOf } from "../call.ts";
import { refuse } from "../refusal.ts";
import { sendGuild } from "../send-guild.ts";
import { findPlace } from "../world.ts";
import { requirePrivateDomain } from "./guild.ts";

/** Private sessions inside guilds. */
export const dmsRoutes: readonly Route[] = [
  {
    endpoint: "dm.create",
    method: "POST",
    path: "/users/@me/dms",
    handle: ({ platform, body }) => {
      const recipient = textOf(body, "recipient_id");
      const source = textOf(body, "source_guild_id");
      if (!recipient || !source) refuse(12002, "request body is malformed: recipient_id and source_guild_id");
      const dms = platform.world.dms.find(
        (candidate) => candidate.user.guildUserId === recipient && candidate.guild.id === source,
      );
      if (!dms) refuse(304033, "opening the DM failed: no such member in this guild");
      const seconds = Math.floor(platform.clock.now() / 1000);
      return ok({ guild_id: dms.id, channel_id: dms.channelId, create_time: String(seconds) });
    },
  },
  {
    endpoint: "dm.messages.send",
    method: "POST",
    path: "/dms/{guild_id}/messages",
    handle: (call) => {
      const place = findPlace(call.platform.world, { scene: "dms", id: call.params.guild_id ?? "" });
      const isOpen = place?.scene === "dms" && place.dms.guild.state.isBotIn;
      return sendGuild(call, isOpen ? place : refuse(304032, "the DM session does not exist"));
    },
  },
  {
    endpoint: "dm.messages.recall",
    method: "DELETE",
    path: "/dms/{guild_id}/messages/{message_id}",
    handle: ({ platform, params }) => {
      requirePrivateDomain(platform);
      const conversation = { scene: "dms", id: params.guild_id ?? "" } as const;
      const message = platform.chats.find(conversation, params.message_id ?? "");
      if (!message || message.row.recalled) refuse(306002, "recall: the message id is wrong");
      if (message.row.from !== "bot") refuse(306004, "recall: no right", 403);
      if (platform.clock.now() - message.row.at > platform.dials.recallWindowMs) {
        refuse(306005, "recall failed: more than 2 minutes");
      }
      message.row.recalled = true;
      platform.chats.touch(message);
      return { status: 200 };
    },
  },
];
