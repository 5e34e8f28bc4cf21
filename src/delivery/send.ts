import { ApiError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { Scene } from "../protocol/scenes.ts";
import type { RestClient, RestRequest, RestResponse } from "../rest/request.ts";
import type { Keyboard } from "./keyboard.ts";
import type { ReplyTarget } from "./message.ts";

/** What one message says, before the scene gives it its wire form. Images by address exist in channel and dms only. */
export type Content =
  | { kind: "text"; text: string }
  | { kind: "markdown"; text: string; keyboard?: Keyboard }
  | { kind: "image"; url: string; caption?: string }
  | { kind: "media"; fileInfo: string; caption?: string };

export interface Send {
  scene: Scene;
  id: string;
  content: Content;
  quote: string | undefined;
  /** Absent for active and wake-up messages. */
  reply: { to: ReplyTarget; msgSeq: number } | undefined;
  isWakeUp: boolean;
}

const places: Readonly<Record<Scene, string>> = {
  c2c: "/v2/users/{user_openid}",
  group: "/v2/groups/{group_openid}",
  channel: "/channels/{channel_id}",
  dms: "/dms/{guild_id}",
};

/** c2c and group take msg_type and msg_seq; channel and dms tell by the fields that are there. */
export function hasSequence(scene: Scene): boolean {
  return scene === "c2c" || scene === "group";
}

/** One send call. Only a reply that carries msg_seq may be repeated after an unknown outcome. */
export async function send(rest: RestClient, message: Send, signal?: AbortSignal): Promise<RestResponse> {
  const sequenced = hasSequence(message.scene);
  const body = { ...(sequenced ? wireV2(message) : wireGuild(message)), ...replyFields(message) };
  return rest.request(
    { ...post(message, "/messages", body), repeatable: sequenced && message.reply !== undefined },
    signal,
  );
}

function wireV2({ content, quote }: Send): Record<string, unknown> {
  const reference = quote === undefined ? {} : { message_reference: { message_id: quote } };
  switch (content.kind) {
    case "markdown":
      return { msg_type: 2, markdown: { content: content.text }, ...keyboardField(content) };
    case "media":
      return { msg_type: 7, media: { file_info: content.fileInfo }, ...captionField(content), ...reference };
    default:
      return { msg_type: 0, content: content.kind === "text" ? content.text : content.url, ...reference };
  }
}

function wireGuild({ content, quote }: Send): Record<string, unknown> {
  // A quoted message that is gone must not cost the answer.
  const reference =
    quote === undefined ? {} : { message_reference: { message_id: quote, ignore_get_message_error: true } };
  switch (content.kind) {
    case "markdown":
      return { markdown: { content: content.text }, ...keyboardField(content) };
    case "image":
      return { image: content.url, ...captionField(content), ...reference };
    default:
      return { content: content.kind === "text" ? content.text : "", ...reference };
  }
}

function captionField({ caption }: { caption?: string }): { content?: string } {
  return caption === undefined ? {} : { content: caption };
}

function keyboardField(content: { keyboard?: Keyboard }): { keyboard?: Keyboard } {
  return content.keyboard ? { keyboard: content.keyboard } : {};
}

function replyFields({ scene, reply, isWakeUp }: Send): Record<string, unknown> {
  if (!reply) return isWakeUp ? { is_wakeup: true } : {};
  const { msgId, eventId } = reply.to;
  const target = msgId === undefined ? { event_id: eventId } : { msg_id: msgId };
  return hasSequence(scene) ? { ...target, msg_seq: reply.msgSeq } : target;
}

/**
 * `file_info` of an image in c2c or group; the platform downloads the address itself. Says nothing to anybody, so that it
 * may be repeated. Throws ApiError when the platform refuses it or names no file_info.
 */
export async function uploadImage(
  rest: RestClient,
  image: { scene: Scene; id: string; url: string },
  signal?: AbortSignal,
): Promise<string> {
  const body = { file_type: 1, url: image.url, srv_send_msg: false };
  const request = { ...post(image, "/files", body), repeatable: true };
  const { data, status, traceId } = await rest.request(request, signal);
  if (isRecord(data) && typeof data.file_info === "string" && data.file_info !== "") return data.file_info;
  const { service, method, template: path } = request;
  throw new ApiError(`${method} ${path}: the upload was answered without file_info`, {
    ...{ service, method, path, status, traceId },
    remedy: "Try again; if it stays so, send the address as text.",
  });
}

function post(message: { scene: Scene; id: string }, tail: "/messages" | "/files", body: unknown): RestRequest {
  const template = places[message.scene];
  const path = template.replace(/\{\w+\}/, encodeURIComponent(message.id));
  return { service: "bot", method: "POST", template: template + tail, path: path + tail, body };
}

/** The facts of an answer that are worth keeping. Missing ones are left out: the message was sent all the same. */
export function sentFacts({ data }: RestResponse): { messageId?: string; refIdx?: string } {
  if (!isRecord(data)) return {};
  const refIdx = isRecord(data.ext_info) ? data.ext_info.ref_idx : undefined;
  return {
    ...(typeof data.id === "string" && data.id !== "" ? { messageId: data.id } : {}),
    ...(typeof refIdx === "string" && refIdx !== "" ? { refIdx } : {}),
  };
}
