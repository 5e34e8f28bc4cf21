import { isRecord } from "../core/json.ts";
import { type Answer, type Call, ok, recordOf, textOf } from "./call.ts";
import type { ChatMessage, MessageRow } from "./chats.ts";
import { guildMessageId } from "./identity.ts";
import { checkKeyboard } from "./keyboard-check.ts";
import { holdMessage } from "./message-review.ts";
import { guildMessage } from "./payloads.ts";
import type { Platform } from "./platform.ts";
import { refuse } from "./refusal.ts";
import type { Place } from "./world.ts";

type GuildPlace = Extract<Place, { scene: "channel" | "dms" }>;
type Content = Pick<MessageRow, "kind" | "content"> & Partial<MessageRow> & { extras?: Record<string, unknown> };

/** POST to `/channels/…/messages` and `/dms/…/messages`. These have no msg_type: the fields present decide. */
export function sendGuild(call: Call, place: GuildPlace): Answer {
  const { platform, body } = call;
  if (!platform.isBotConnected()) refuse(304018, "the bot is not connected to the gateway");
  const conversation = { scene: place.scene, id: place.id };
  const { extras, ...content } = readContent(call);
  const reference = textOf(recordOf(body, "message_reference") ?? {}, "message_id");
  const quoted = reference ? platform.chats.find(conversation, reference) : undefined;
  if (reference && !quoted && recordOf(body, "message_reference")?.ignore_get_message_error !== true) {
    refuse(50039, "reading the quoted message failed");
  }
  const msgId = textOf(body, "msg_id");
  const eventId = textOf(body, "event_id");
  checkRate(platform, place);
  const mode = platform.replies.admit({
    conversation,
    ...(place.scene === "channel" ? { guildId: place.guild.id } : {}),
    ...(msgId ? { msgId, message: platform.chats.find(conversation, msgId) } : {}),
    ...(eventId ? { eventId } : {}),
  });
  const message = {
    conversation,
    row: {
      id: guildMessageId(),
      from: "bot",
      at: platform.clock.now(),
      ...content,
      mode,
      ...(msgId ? { msg_id: msgId } : {}),
      ...(eventId ? { event_id: eventId } : {}),
      ...(isRecord(body.keyboard) ? { keyboard: body.keyboard } : {}),
      ...(quoted ? { quote: { id: quoted.row.id, from: quoted.row.from, content: quoted.row.content } } : {}),
    },
    isReported: false,
    extras: { ...extras, ...(reference ? { message_reference: { message_id: reference } } : {}) },
  } satisfies Omit<ChatMessage, "seq">;
  const { state } = place.scene === "dms" ? place.dms.guild : place.guild;
  if (state.isReviewed) return holdMessage(place, message);
  return ok(guildMessage(platform, place, platform.chats.add(message)));
}

function checkRate(platform: Platform, place: GuildPlace): void {
  if (place.scene !== "channel") return;
  const limit = platform.dials.channelMessagesPerSecond;
  if (platform.replies.take([{ key: `second ${place.id}`, limit, perMs: 1000 }])) {
    refuse(20028, "channel write rate limit", 429);
  }
}

function readContent(call: Call): Content {
  const { platform, body } = call;
  if (body.content !== undefined && body.content !== null && typeof body.content !== "string") {
    refuse(12002, "request body is malformed: content");
  }
  const text = unescapeGuildText(textOf(body, "content") ?? "");
  if (text.length > platform.dials.maxTextLength) refuse(304061, "message content is invalid: too long");
  const markdown = recordOf(body, "markdown");
  if (markdown) return readMarkdown(call, markdown, text);
  if (body.keyboard !== undefined && body.keyboard !== null) refuse(50037, "a keyboard goes only with markdown");
  if (recordOf(body, "ark")) {
    if (!platform.dials.hasArk) refuse(304004, "no right to ark messages", 403);
    return { kind: "ark", content: "[ark]", extras: { ark: body.ark } };
  }
  const embed = recordOf(body, "embed");
  if (embed) return { kind: "embed", content: textOf(embed, "title") ?? "[embed]", extras: { embeds: [embed] } };
  const image = readImage(call);
  if (image) return { kind: "media", content: text, media: "image", image_url: image };
  if (text.trim() === "") refuse(50006, "the message is empty");
  return { kind: "text", content: text };
}

function readMarkdown({ platform, body }: Call, markdown: Record<string, unknown>, text: string): Content {
  if (!platform.dials.hasGuildMarkdown) refuse(304036, "no right to markdown", 403);
  if (text.trim() !== "" || body.embed || body.ark || body.image) refuse(50037, "markdown goes only with keyboard");
  checkKeyboard(body.keyboard);
  if (markdown.template_id !== undefined || markdown.custom_template_id !== undefined) {
    if (markdown.content !== undefined) refuse(50057, "markdown: native text or template, not both");
    refuse(304014, "no right to the template", 403);
  }
  const content = textOf(markdown, "content");
  if (!content?.trim()) refuse(50055, "markdown content is invalid");
  return { kind: "markdown", content, markdown: content };
}

function readImage({ platform, body, file }: Call): string | undefined {
  if (file) {
    const life = platform.clock.now() + platform.dials.fileLifeMs;
    const kept = platform.files.add({
      scene: "channel",
      fileType: 1,
      expiresAt: life,
      name: file.name,
      bytes: file.bytes,
    });
    return `/_emulator/files/${kept.uuid}`;
  }
  const image = textOf(body, "image");
  if (!image) return undefined;
  if (!/^https?:\/\/[^\s/]+/.test(image)) refuse(304010, "the image could not be stored");
  return image;
}

/** What the platform does with outgoing guild text. `&amp;` last, so that `&amp;lt;` stays `&lt;`. */
function unescapeGuildText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
