import { type Clock, systemClock } from "../core/clock.ts";
import { ApiError, InputError, QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { type Log, silentLog } from "../core/log.ts";
import { uploadLimits } from "../protocol/limits.ts";
import { type BegunUpload, beginUpload, finishUpload, type LargeFile } from "./chunked-upload.ts";
import { type Digests, digestsOf } from "./digests.ts";
import type { Fetch } from "./http.ts";
import { classifyMedia, type FileType } from "./media.ts";
import type { RestClient } from "./request.ts";
import { otherThanVoice, type VoiceCodec, voicePackages } from "./voice-codec.ts";

export interface UploadFile {
  scene: "c2c" | "group";
  id: string;
  name: string;
  bytes: Uint8Array;
  /** Found by content when left out. */
  fileType?: FileType | undefined;
}

export interface Uploads {
  /**
   * `{file_info, file_uuid?, ttl?}` of these bytes in this scene: what an earlier upload of the same content answered while that
   * lives, else a new upload, above 5 MB in parts. A failed one goes on where it stopped when it is tried again. WAV and MP3
   * voice becomes SILK where the codecs are installed.
   */
  upload(file: UploadFile, signal?: AbortSignal): Promise<Record<string, unknown>>;
  /** The platform refused this file_info (304080): the next upload is a new one. */
  forget(fileInfo: string): void;
}

export interface KnownFile {
  fileInfo: string;
  fileUuid?: string;
  /** Epoch ms. */
  expiresAt: number;
}

/** Where answers of uploads are kept, by a key of content and scene. */
export interface FileInfoCache {
  find(key: string): KnownFile | undefined;
  keep(key: string, file: KnownFile): Promise<void>;
  forget(fileInfo: string): void;
}

export interface UploadsOptions {
  rest: RestClient;
  fetch: Fetch;
  cache: FileInfoCache;
  /** Without it, voice goes out in the format that it has. */
  voice?: Pick<VoiceCodec, "toSilk">;
  clock?: Clock;
  log?: Log;
}

/** Time to send it in, before it expires on the platform. */
const marginMs = 30_000;
/** For `ttl` 0, which the platform calls long. */
const longMs = 24 * 3_600_000;
/** The signed addresses do not say how long they live; an older upload is begun anew. */
const resumableMs = 10 * 60_000;

export function createUploads(options: UploadsOptions): Uploads {
  const room = { clock: systemClock, log: silentLog, ...options };
  const begun = new Map<string, BegunUpload>();
  return {
    async upload(file, signal) {
      const { fileType, extension } = await classifyMedia(file.bytes, file.fileType);
      const digests = await digestsOf(file.bytes);
      // The name is part of what people see of a file, and of nothing else.
      const key = [file.scene, fileType, digests.sha1, fileType === 4 ? file.name : ""].join(" ");
      const known = room.cache.find(key);
      if (known && known.expiresAt > room.clock.now()) return answerOf(known, room.clock.now());
      const voice = fileType === 3 && (extension === "wav" || extension === "mp3") ? extension : undefined;
      const data = await (voice
        ? sendVoice(room, { begun, file: { ...file, fileType }, digests, format: voice }, signal)
        : send(room, { begun, file: { ...file, fileType }, digests }, signal));
      await keep(room, key, data);
      return data;
    },
    forget: (fileInfo) => room.cache.forget(fileInfo),
  };
}

type Room = Required<Omit<UploadsOptions, "voice">> & Pick<UploadsOptions, "voice">;

interface Job {
  begun: Map<string, BegunUpload>;
  file: UploadFile & { fileType: FileType };
  digests: Digests;
}

const refusedFormat = 850_019;

/** The documents name SILK alone, another of their pages MP3 and WAV too: converted where that is possible, else tried. */
async function sendVoice(
  room: Room,
  job: Job & { format: "wav" | "mp3" },
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const { file, format } = job;
  const silk = await room.voice?.toSilk(file.bytes, format, signal);
  if (silk) {
    const converted = { ...file, bytes: silk, name: `${file.name.replace(/\.\w+$/, "")}.silk` };
    return send(room, { ...job, file: converted, digests: await digestsOf(silk) }, signal);
  }
  try {
    return await send(room, job, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.qqCode !== refusedFormat) throw error;
    const needed = format === "mp3" ? `${voicePackages.silk} and ${voicePackages.mp3}` : voicePackages.silk;
    throw new InputError("path", `QQ takes no ${format} as a voice message (${refusedFormat}), only SILK`, {
      cause: error,
      remedy: `Install ${needed} beside qq-skill, which then converts it; or ${otherThanVoice}.`,
    });
  }
}

async function send(room: Room, job: Job, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
  const { begun, file, digests } = job;
  const data =
    file.bytes.byteLength > uploadLimits.chunkThresholdBytes
      ? await sendInParts(room, { begun, file: { ...file, digests } }, signal)
      : await sendWhole(room, file, signal);
  if (isRecord(data) && typeof data.file_info === "string" && data.file_info !== "") return data;
  const path = routes[file.scene];
  throw new ApiError(`POST ${path}: the upload was answered without file_info`, {
    ...{ service: "bot", method: "POST", path, status: 200 },
    remedy: "Try again; if it stays so, upload the file by a public url.",
  });
}

const routes = { c2c: "/v2/users/{user_openid}/files", group: "/v2/groups/{group_openid}/files" } as const;

async function sendWhole(room: Room, file: UploadFile & { fileType: FileType }, signal: AbortSignal | undefined) {
  const template = routes[file.scene];
  const path = template.replace(/\{\w+\}/, encodeURIComponent(file.id));
  const { name, bytes, fileType } = file;
  const body = { file_type: fileType, srv_send_msg: false };
  const request = { service: "bot", method: "POST", template, path, body, file: { name, bytes } } as const;
  return (await room.rest.request({ ...request, repeatable: true }, signal)).data;
}

async function sendInParts(
  room: Room,
  { begun, file }: { begun: Map<string, BegunUpload>; file: LargeFile },
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { scene, id, fileType, name, digests } = file;
  const key = [scene, id, fileType, digests.sha1, name].join(" ");
  const now = room.clock.now();
  for (const [old, upload] of begun) if (now - upload.begunAt > resumableMs) begun.delete(old);
  const earlier = begun.get(key);
  if (earlier) {
    room.log.info({ parts: earlier.parts.length, arrived: earlier.finished.size }, "going on with an upload");
    try {
      return await finish(room, { begun, key, file, upload: earlier }, signal);
    } catch (error) {
      // Addresses expire: what the platform refuses for good is begun anew, once.
      if (!(error instanceof ApiError) || error.retryable) throw error;
    }
  }
  const upload = await beginUpload(room, file, signal);
  return finish(room, { begun, key, file, upload }, signal);
}

/** Keeps the upload for a next try when this one fails in passing, and drops it when it is over. */
async function finish(
  room: Room,
  job: { begun: Map<string, BegunUpload>; key: string; file: LargeFile; upload: BegunUpload },
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { begun, key, file, upload } = job;
  begun.set(key, upload);
  try {
    const data = await finishUpload(room, { file, upload }, signal);
    begun.delete(key);
    return data;
  } catch (error) {
    if (error instanceof QQError && !error.retryable) begun.delete(key);
    throw error;
  }
}

function answerOf(known: KnownFile, now: number): Record<string, unknown> {
  const { fileInfo, fileUuid, expiresAt } = known;
  return {
    file_info: fileInfo,
    ...(fileUuid === undefined ? {} : { file_uuid: fileUuid }),
    ttl: Math.floor((expiresAt - now) / 1000),
  };
}

async function keep(room: Room, key: string, data: Record<string, unknown>): Promise<void> {
  const { file_info: fileInfo, file_uuid: uuid, ttl } = data;
  const lifeMs = Number(ttl) === 0 ? longMs : Number(ttl) * 1000 - marginMs;
  // Without a known end it is not worth the risk of a refused message.
  if (ttl === null || typeof fileInfo !== "string" || !(lifeMs > 0)) return;
  const expiresAt = room.clock.now() + lifeMs;
  try {
    await room.cache.keep(key, { fileInfo, expiresAt, ...(typeof uuid === "string" ? { fileUuid: uuid } : {}) });
  } catch (error) {
    room.log.warn({ error }, "an upload could not be remembered; it will be sent again when it is needed again");
  }
}
