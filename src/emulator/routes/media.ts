import { mediaLimits } from "../../protocol/limits.ts";
import { type Answer, type Call, ok, type Route, textOf } from "../call.ts";
import type { StoredFile } from "../files.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import { sendV2 } from "../send-v2.ts";
import { mergeUpload, type PendingUpload } from "../uploads.ts";
import { ownUpload } from "./chunked-media.ts";
import { checkUploadPlace } from "./upload-place.ts";

/** Uploads by URL, as base64, and the merge of a chunked one. The URL is believed, never fetched: the platform here has no network. */
export const mediaRoutes: readonly Route[] = [
  {
    endpoint: "c2c.files.upload",
    method: "POST",
    path: "/v2/users/{user_openid}/files",
    handle: (call) => upload(call, "c2c", call.params.user_openid ?? ""),
  },
  {
    endpoint: "group.files.upload",
    method: "POST",
    path: "/v2/groups/{group_openid}/files",
    handle: (call) => upload(call, "group", call.params.group_openid ?? ""),
  },
];

const hardBytes = [
  0,
  mediaLimits.image.hardBytes,
  mediaLimits.video.hardBytes,
  mediaLimits.voice.hardBytes,
  mediaLimits.file.hardBytes,
] as const;

function upload(call: Call, scene: "c2c" | "group", id: string): Answer {
  const { platform, body } = call;
  checkUploadPlace(platform, scene, id);
  const uploadId = textOf(body, "upload_id");
  if (uploadId) return merge(call, ownUpload(platform.uploads.find(uploadId), scene, id));
  const fileType = body.file_type;
  if (typeof fileType !== "number" || ![1, 2, 3, 4].includes(fileType)) refuse(850019, "file_type is not supported");
  const data = textOf(body, "file_data");
  const url = textOf(body, "url");
  const bytes = data === undefined ? undefined : decode(data);
  if (bytes) checkBytes(platform, bytes, fileType);
  else if (!url || !/^https?:\/\/[^\s/]+/.test(url)) refuse(850026, "download of the URL failed");
  const name = textOf(body, "file_name");
  const kept = { scene, fileType, ...(name ? { name } : {}), ...(bytes ? { bytes } : { url: url ?? "" }) };
  return keep(call, kept, { scene, id });
}

function keep(
  call: Call,
  kept: Omit<StoredFile, "uuid" | "info" | "expiresAt">,
  to: { scene: "c2c" | "group"; id: string },
): Answer {
  const { files, clock, dials } = call.platform;
  const file = files.add({ ...kept, expiresAt: clock.now() + dials.fileLifeMs });
  const answer = { file_uuid: file.uuid, file_info: file.info, ttl: Math.floor(dials.fileLifeMs / 1000) };
  if (call.body.srv_send_msg !== true) return ok(answer);
  const sent = sendV2({ ...call, body: { msg_type: 7, media: { file_info: file.info } } }, to.scene, to.id);
  return ok({ ...answer, id: (sent.body as { id: string }).id });
}

/** The end of a chunked upload: all parts reported, and together what upload_prepare announced. */
function merge(call: Call, pending: PendingUpload): Answer {
  const { platform, body } = call;
  const { scene, fileType, fileName } = pending;
  if (body.file_type !== undefined && body.file_type !== fileType) refuse(10000, "upload: file_type differs");
  const bytes = mergeUpload(pending);
  if (!bytes) refuse(10000, "upload: parts are missing or do not match the announced digests");
  checkBytes(platform, bytes, fileType);
  platform.uploads.delete(pending.uploadId);
  // Only pictures are ever shown again, and one must not fill the whole store.
  const isShown = fileType === 1 && bytes.length <= mediaLimits.image.softBytes;
  const kept = { scene, fileType, name: textOf(body, "file_name") ?? fileName, ...(isShown ? { bytes } : {}) };
  const { status, body: answer } = keep(call, kept, { scene, id: pending.id });
  if (fileType === 4) return { status, body: answer };
  const { file_uuid } = answer as { file_uuid: string };
  return { status, body: { ...(answer as object), raw_url: `${platform.url}/_emulator/files/${file_uuid}` } };
}

function decode(data: string): Uint8Array {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length === 0 || !/^[A-Za-z0-9+/\s]+=*\s*$/.test(data)) refuse(850019, "file_data is not base64");
  return bytes;
}

function checkBytes(platform: Platform, bytes: Uint8Array, fileType: number): void {
  if (bytes.length > (hardBytes[fileType] ?? 0)) refuse(850031, "the file is too large");
  const head = Buffer.from(bytes.subarray(0, 16));
  const isKnown =
    fileType === 4 ||
    (fileType === 1 && imageType(head) !== undefined) ||
    (fileType === 2 && head.subarray(4, 8).toString("latin1") === "ftyp") ||
    (fileType === 3 && (platform.dials.takesOnlySilk ? isSilk(head) : isVoice(head)));
  if (!isKnown) refuse(850019, "the file format is not supported");
}

/** MIME type of an image by its first bytes; undefined for everything that a chat does not show. */
export function imageType(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, 16)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("GIF8")) return "image/gif";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp";
  return text.startsWith("BM") ? "image/bmp" : undefined;
}

function isSilk(head: Buffer): boolean {
  return head.toString("latin1", head[0] === 2 ? 1 : 0).startsWith("#!SILK");
}

function isVoice(head: Buffer): boolean {
  const text = head.toString("latin1");
  return (
    isSilk(head) ||
    text.startsWith("ID3") ||
    text.startsWith("OggS") ||
    text.startsWith("fLaC") ||
    (text.startsWith("RIFF") && text.slice(8, 12) === "WAVE") ||
    (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0)
  );
}
