import type { Clock } from "../core/clock.ts";
import { ApiError, QQError, RateLimitError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { type Digests, md5Of } from "./digests.ts";
import type { Fetch } from "./http.ts";
import { putPart } from "./part-store.ts";
import type { RestClient, RestRequest } from "./request.ts";
import { type PlannedPart, readPlan, type UploadPlan } from "./upload-plan.ts";

export interface ChunkedUploadDesk {
  rest: RestClient;
  /** For the file store; never given the bot's token. */
  fetch: Fetch;
  clock: Clock;
  log: Log;
}

export interface LargeFile {
  scene: "c2c" | "group";
  id: string;
  name: string;
  fileType: 1 | 2 | 3 | 4;
  bytes: Uint8Array;
  digests: Digests;
}

/** An upload on its way: what has arrived need not be sent again. */
export interface BegunUpload extends UploadPlan {
  finished: Set<number>;
  begunAt: number;
}

const busyCode = 40_093_001;
const maxTries = 4;
const places = { c2c: "/v2/users/{user_id}", group: "/v2/groups/{group_id}" } as const;
const filesRoutes = { c2c: "/v2/users/{user_openid}/files", group: "/v2/groups/{group_openid}/files" } as const;

/** upload_prepare: the platform cuts the file and signs an address for each part. */
export async function beginUpload(
  desk: ChunkedUploadDesk,
  file: LargeFile,
  signal?: AbortSignal,
): Promise<BegunUpload> {
  const template = `${places[file.scene]}/upload_prepare`;
  const body = {
    ...{ file_type: file.fileType, file_size: String(file.bytes.byteLength), file_name: file.name },
    ...file.digests,
  };
  // Repeating it makes a second, unused plan at worst.
  const { data } = await desk.rest.request({ ...post(file, template, body), repeatable: true }, signal);
  const plan = readPlan(data, file.bytes.byteLength, template);
  return { ...plan, finished: new Set(), begunAt: desk.clock.now() };
}

/** Sends what `upload` still lacks, several parts at a time, and merges the file. The answer is that of `/files`. */
export async function finishUpload(
  desk: ChunkedUploadDesk,
  job: { file: LargeFile; upload: BegunUpload },
  signal?: AbortSignal,
): Promise<unknown> {
  const { file, upload } = job;
  const waiting = upload.parts.filter(({ index }) => !upload.finished.has(index));
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      await sendPart(desk, { file, upload, part }, either);
      upload.finished.add(part.index);
    }
  };
  const workers = Array.from({ length: Math.min(upload.concurrency, waiting.length) }, () =>
    work().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  // All have stopped before anybody hears of the failure: a next try must not meet parts of this one.
  await Promise.allSettled(workers);
  await Promise.all(workers);
  const body = { file_type: file.fileType, upload_id: upload.uploadId, file_name: file.name, srv_send_msg: false };
  const request = post(file, filesRoutes[file.scene], body);
  return (await untilStored(desk, { upload, call: () => desk.rest.request(request, signal) }, signal)).data;
}

async function sendPart(
  desk: ChunkedUploadDesk,
  job: { file: LargeFile; upload: BegunUpload; part: PlannedPart },
  signal: AbortSignal,
): Promise<void> {
  const { file, upload, part } = job;
  const bytes = file.bytes.subarray(part.start, part.end);
  await untilStored(desk, { upload, call: () => putPart(desk, { url: part.url, bytes }, signal) }, signal);
  const template = `${places[file.scene]}/upload_part_finish`;
  const request = post(file, template, {
    ...{ upload_id: upload.uploadId, part_index: part.index },
    ...{ block_size: String(bytes.byteLength), md5: md5Of(bytes) },
  });
  await untilStored(desk, { upload, call: () => desk.rest.request(request, signal) }, signal);
}

/** Again while the platform is still storing (40093001), up to its own time; other passing failures a few times. */
async function untilStored<T>(
  desk: ChunkedUploadDesk,
  job: { upload: UploadPlan; call: () => Promise<T> },
  signal: AbortSignal | undefined,
): Promise<T> {
  const { retryTimeoutMs, retryDelayMs } = job.upload;
  const deadline = desk.clock.now() + retryTimeoutMs;
  for (let tries = 1; ; tries++) {
    try {
      return await job.call();
    } catch (error) {
      if (!(error instanceof QQError)) throw error;
      const isBusy = error instanceof ApiError && error.qqCode === busyCode;
      // A limit that the client did not wait out is not over in a second either.
      const isPassing = error.retryable && !(error instanceof RateLimitError);
      const mayTry = isBusy ? desk.clock.now() + retryDelayMs <= deadline : isPassing && tries < maxTries;
      if (!mayTry) throw error;
      desk.log.debug({ error: error.code, tries }, "a part of the upload has to be tried again");
      await desk.clock.sleep(retryDelayMs, signal);
    }
  }
}

/** Our own loop repeats it, so that the client does not. */
function post(file: LargeFile, template: string, body: unknown): RestRequest {
  const path = template.replace(/\{\w+\}/, encodeURIComponent(file.id));
  return { service: "bot", method: "POST", template, path, body, repeatable: false };
}
