import { ApiError, NetworkError, QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { conversationKey, type Scene } from "../protocol/scenes.ts";
import { cutToLength } from "../protocol/text-width.ts";
import type { RestClient, RestRequest, RestResponse } from "../rest/request.ts";
import type { Room } from "./desk.ts";
import type { Lanes } from "./lanes.ts";
import type { SendOutcome } from "./ledger.ts";
import { hasSequence, sentFacts } from "./send.ts";
import { wakeUpMark } from "./variant.ts";

const routes: Readonly<Record<string, Scene>> = {
  "/v2/users/{user_openid}/messages": "c2c",
  "/v2/users/{user_openid}/stream_messages": "c2c",
  "/v2/groups/{group_openid}/messages": "group",
  "/channels/{channel_id}/messages": "channel",
  "/dms/{guild_id}/messages": "dms",
};

/** An upload says nothing to anybody, unless it asks for it. */
const uploads: Readonly<Record<string, Scene>> = {
  "/v2/users/{user_openid}/files": "c2c",
  "/v2/groups/{group_openid}/files": "group",
};

/**
 * The REST client for calls that speak past the outbox. What they send counts in the same ledger, stands in the same lane
 * and waits for the same gate; a reply without msg_seq gets the next free number. Everything else passes through.
 */
export function bookedRest(room: Room, lanes: Lanes, newKey: () => string): RestClient {
  return {
    async request(request, signal) {
      const place = placeOf(request);
      if (!place) return room.rest.request(request, signal);
      return lanes.run(
        conversationKey(place),
        async () => {
          await room.gate.opened(signal);
          return book(room, { request, ...place, key: newKey() }, signal);
        },
        signal,
      );
    },
    close: () => room.rest.close(),
  };
}

/** Later frames of a stream cost nothing more. */
function placeOf({ service, method, template, path, body }: RestRequest): { scene: Scene; id: string } | undefined {
  if (service !== "bot" || method !== "POST") return undefined;
  const fields = isRecord(body) ? body : {};
  const scene = routes[template] ?? (fields.srv_send_msg === true ? uploads[template] : undefined);
  if (!scene || fields.stream_msg_id !== undefined) return undefined;
  const id = path.split("/")[template.split("/").findIndex((part) => part.startsWith("{"))] ?? "";
  return { scene, id: decodeURIComponent(id) };
}

async function book(
  { rest, memory, log }: Room,
  { request, scene, id, key }: { request: RestRequest; scene: Scene; id: string; key: string },
  signal?: AbortSignal,
): Promise<RestResponse> {
  const body = isRecord(request.body) ? request.body : {};
  const replyId = [body.msg_id, body.event_id].find((value) => typeof value === "string" && value !== "");
  const conversation = conversationKey({ scene, id });
  const { sends, outgoing } = memory();
  const reply = typeof replyId === "string" ? { replyId } : {};
  const wakeUp = body.is_wakeup === true ? wakeUpMark : "";
  // What hinders it hinders the reservation too, which tells.
  outgoing.plan({ key, conversation, ...reply, text: beginningOf(body), parts: 1 }).catch(() => undefined);
  const { key: part, msgSeq } = await sends.reserve({ key: `${key}#0/1${wakeUp}`, conversation, ...reply });
  // All frames of a stream share a number, so that its caller has to know it.
  const isFilled = hasSequence(scene) && msgSeq > 0 && body.msg_seq === undefined && !isStream(request);
  // Neither an answer nor a refusal changes because it could not be written down.
  const mark = (outcome: SendOutcome) =>
    sends
      .settle(part, outcome)
      .catch((error: unknown) => log.error({ error }, "the end of a send was not written down"));
  try {
    const response = await rest.request(
      isFilled ? { ...request, body: { ...body, msg_seq: msgSeq } } : request,
      signal,
    );
    await mark({ status: response.audit ? "pending_review" : "sent", ...factsOf(response) });
    return response;
  } catch (error) {
    await mark(outcomeOf(error));
    throw error;
  }
}

function isStream({ template }: RestRequest): boolean {
  return template.endsWith("/stream_messages");
}

function factsOf(response: RestResponse): Omit<SendOutcome, "status"> {
  const auditId = response.audit?.auditId;
  return { ...sentFacts(response), ...(auditId === undefined ? {} : { auditId }) };
}

/** Only a clear no costs nothing. */
function outcomeOf(error: unknown): SendOutcome {
  if (!(error instanceof ApiError))
    return { status: !(error instanceof QQError) || isLost(error) ? "unknown" : "failed" };
  const { qqCode: code } = error;
  const isOpen = error.status >= 500 || error.retried;
  return { status: isOpen ? "unknown" : "failed", ...(code === undefined ? {} : { code }) };
}

function isLost(error: QQError): boolean {
  return error instanceof NetworkError && error.phase === "response";
}

function beginningOf({ content, markdown, content_raw: streamed, msg_type: type }: Record<string, unknown>): string {
  const inMarkdown = isRecord(markdown) ? markdown.content : undefined;
  const text = [content, inMarkdown, streamed].find((value) => typeof value === "string" && value.trim() !== "");
  return typeof text === "string" ? cutToLength(text.replace(/\s+/g, " "), 200) : type === 6 ? "(typing)" : "(media)";
}
