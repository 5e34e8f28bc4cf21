import { ApiError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { uploadLimits } from "../protocol/limits.ts";

export interface PlannedPart {
  /** As the platform gave it, counted from 0 or 1: goes back unchanged. */
  index: number;
  url: string;
  start: number;
  end: number;
}

/** Answer of upload_prepare, in our units. */
export interface UploadPlan {
  uploadId: string;
  /** In file order. */
  parts: PlannedPart[];
  concurrency: number;
  /** How long a part may stay busy (40093001), and the pause between two tries. */
  retryTimeoutMs: number;
  retryDelayMs: number;
}

const longestRetryMs = 600_000;

/**
 * Places parts by their order, never by arithmetic on `index`: the documents count from 0, Tencent's own SDK from 1. Numbers
 * may be strings; upload_config may be missing, or its fields may sit at the top. Throws ApiError for a plan that does
 * not cover the file.
 */
export function readPlan(data: unknown, fileBytes: number, route: string): UploadPlan {
  const answer = isRecord(data) ? data : {};
  const config = { ...answer, ...(isRecord(answer.upload_config) ? answer.upload_config : {}) };
  const { upload_id: uploadId } = answer;
  if (typeof uploadId !== "string" || uploadId === "") throw unusable(route, "it names no upload_id");
  const rows = (Array.isArray(answer.parts) ? answer.parts : []).filter(isRecord);
  const blockBytes = positive(answer.block_size) ?? uploadLimits.blockBytes;
  const parts: PlannedPart[] = [];
  let start = 0;
  for (const row of rows.sort((a, b) => Number(a.index) - Number(b.index))) {
    const index = Number(row.index);
    const url = typeof row.presigned_url === "string" ? row.presigned_url : "";
    if (!Number.isInteger(index) || !/^https?:\/\//.test(url))
      throw unusable(route, "a part has no index or no address");
    const end = Math.min(fileBytes, start + (positive(row.block_size) ?? blockBytes));
    if (end > start) parts.push({ index, url, start, end });
    start = end;
  }
  if (start < fileBytes) throw unusable(route, `its parts hold ${start} of ${fileBytes} bytes`);
  return {
    uploadId,
    parts,
    concurrency: Math.min(Math.floor(positive(config.concurrency) ?? 1) || 1, uploadLimits.maxConcurrency),
    retryTimeoutMs: Math.min(seconds(config.retry_timeout) ?? uploadLimits.retryTimeoutMs, longestRetryMs),
    retryDelayMs: seconds(config.retry_delay) ?? uploadLimits.retryDelayMs,
  };
}

function positive(value: unknown): number | undefined {
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

function seconds(value: unknown): number | undefined {
  const number = positive(value);
  return number === undefined ? undefined : number * 1000;
}

function unusable(path: string, why: string): ApiError {
  return new ApiError(`POST ${path}: the plan of the upload cannot be used: ${why}`, {
    ...{ service: "bot", method: "POST", path, status: 200 },
    remedy: "Try again later, or upload the file by a public url.",
  });
}
