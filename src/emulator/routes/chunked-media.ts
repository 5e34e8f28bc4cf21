import { mediaLimits } from "../../protocol/limits.ts";
import { type Answer, type Call, ok, type Route, textOf } from "../call.ts";
import { signedAddress } from "../object-store.ts";
import { refuse } from "../refusal.ts";
import { hexOf, type PendingUpload } from "../uploads.ts";
import { checkUploadPlace } from "./upload-place.ts";

/** Chunked uploads up to their merge, which is an upload like any other. */
export const chunkedMediaRoutes: readonly Route[] = [
  {
    endpoint: "c2c.files.prepare",
    method: "POST",
    path: "/v2/users/{user_id}/upload_prepare",
    handle: (call) => prepare(call, "c2c", call.params.user_id ?? ""),
  },
  {
    endpoint: "c2c.files.part_finish",
    method: "POST",
    path: "/v2/users/{user_id}/upload_part_finish",
    handle: (call) => finishPart(call, "c2c", call.params.user_id ?? ""),
  },
  {
    endpoint: "group.files.prepare",
    method: "POST",
    path: "/v2/groups/{group_id}/upload_prepare",
    handle: (call) => prepare(call, "group", call.params.group_id ?? ""),
  },
  {
    endpoint: "group.files.part_finish",
    method: "POST",
    path: "/v2/groups/{group_id}/upload_part_finish",
    handle: (call) => finishPart(call, "group", call.params.group_id ?? ""),
  },
];

function prepare({ platform, body }: Call, scene: "c2c" | "group", id: string): Answer {
  const { dials, clock } = platform;
  checkUploadPlace(platform, scene, id);
  const fileType = body.file_type;
  if (typeof fileType !== "number" || ![1, 2, 3, 4].includes(fileType)) refuse(850019, "file_type is not supported");
  const fileBytes = sizeOf(body.file_size);
  if (fileBytes === undefined) refuse(40011000, "request data is malformed: file_size");
  if (fileBytes > mediaLimits.file.hardBytes) refuse(850031, "the file is too large");
  const fileName = textOf(body, "file_name");
  if (!fileName) refuse(40011000, "request data is malformed: file_name");
  const digests = {
    md5: digestOf(body, "md5", 32),
    sha1: digestOf(body, "sha1", 40),
    md5_10m: digestOf(body, "md5_10m", 32),
  };
  const limits = { bytesPerDay: dials.uploadBytesPerDay, now: clock.now() };
  if (!platform.uploads.spend(fileBytes, limits)) refuse(40093002, "the daily upload volume is used up");
  const expiresAt = clock.now() + dials.uploadAddressLifeMs;
  const upload = platform.uploads.prepare(
    { scene, id, fileType, fileName, fileBytes, ...digests, expiresAt },
    {
      blockBytes: dials.uploadBlockBytes,
      firstIndex: dials.uploadFirstIndex,
      busyTimes: dials.uploadBusyTimes,
      failures: dials.uploadPartFailures,
    },
  );
  return ok({
    upload_id: upload.uploadId,
    block_size: String(dials.uploadBlockBytes),
    parts: upload.parts.map((part) => ({
      index: part.index,
      presigned_url: signedAddress(platform, upload, part),
      block_size: String(part.size),
    })),
    upload_config: {
      concurrency: dials.uploadConcurrency,
      retry_timeout: dials.uploadRetryTimeoutSeconds,
      retry_delay: dials.uploadRetryDelaySeconds,
    },
  });
}

function finishPart({ platform, body }: Call, scene: "c2c" | "group", id: string): Answer {
  const upload = ownUpload(platform.uploads.find(textOf(body, "upload_id") ?? ""), scene, id);
  const part = upload.parts.find(({ index }) => index === body.part_index);
  if (!part) refuse(10000, "upload: no such part");
  if (!part.bytes) refuse(10000, "upload: the part has not been put");
  if (sizeOf(body.block_size) !== part.size) refuse(10000, "upload: block_size is not that of the part");
  if (textOf(body, "md5")?.toLowerCase() !== hexOf("md5", part.bytes)) refuse(10000, "upload: md5 does not match");
  if (part.busyLeft > 0) {
    part.busyLeft -= 1;
    refuse(40093001, "upload: the part is still being stored");
  }
  part.isFinished = true;
  return ok({});
}

/** Throws for an upload that nobody prepared, or that another conversation did. */
export function ownUpload(upload: PendingUpload | undefined, scene: "c2c" | "group", id: string): PendingUpload {
  if (upload?.scene !== scene || upload.id !== id) refuse(10000, "upload: unknown upload_id");
  return upload;
}

/** The documents say text, the SDKs send a number: both are taken. */
function sizeOf(value: unknown): number | undefined {
  const size = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof size === "number" && Number.isInteger(size) && size > 0 ? size : undefined;
}

function digestOf(body: Call["body"], field: string, length: number): string {
  const value = textOf(body, field)?.toLowerCase() ?? "";
  if (value.length !== length || !/^[0-9a-f]+$/.test(value)) refuse(40011000, `request data is malformed: ${field}`);
  return value;
}
