import { createHash, randomUUID } from "node:crypto";
import { secret } from "./identity.ts";

export interface UploadPart {
  index: number;
  size: number;
  /** In the signed address; whoever has it may put the part. */
  signature: string;
  bytes?: Uint8Array;
  /** The platform was told, and has it. */
  isFinished: boolean;
  /** How often it still says that it is busy storing, and how often the store still fails. */
  busyLeft: number;
  failuresLeft: number;
}

/** A chunked upload between upload_prepare and its merge. */
export interface PendingUpload {
  scene: "c2c" | "group";
  id: string;
  uploadId: string;
  fileType: number;
  fileName: string;
  fileBytes: number;
  md5: string;
  sha1: string;
  md5_10m: string;
  parts: UploadPart[];
  /** Of the signed addresses. */
  expiresAt: number;
}

export interface UploadRules {
  blockBytes: number;
  /** Number of the first part. */
  firstIndex: number;
  busyTimes: number;
  failures: number;
}

/** Uploads that nobody merged: a bot that was stopped in between never comes back for them. */
const keptUploads = 20;
const dayMs = 86_400_000;

/** Chunked uploads with the file store that their signed addresses lead to. */
export class Uploads {
  #byId = new Map<string, PendingUpload>();
  #volume: { at: number; bytes: number }[] = [];

  /** Counts `bytes` against the volume of the last 24 hours; false, and nothing counted, when they do not fit. */
  spend(bytes: number, limits: { bytesPerDay: number; now: number }): boolean {
    this.#volume = this.#volume.filter(({ at }) => at > limits.now - dayMs);
    const spent = this.#volume.reduce((sum, one) => sum + one.bytes, 0);
    if (spent + bytes > limits.bytesPerDay) return false;
    this.#volume.push({ at: limits.now, bytes });
    return true;
  }

  prepare(file: Omit<PendingUpload, "uploadId" | "parts">, rules: UploadRules): PendingUpload {
    const count = Math.ceil(file.fileBytes / rules.blockBytes);
    const parts = Array.from({ length: count }, (_, at): UploadPart => {
      const size = Math.min(rules.blockBytes, file.fileBytes - at * rules.blockBytes);
      const facts = { isFinished: false, busyLeft: rules.busyTimes, failuresLeft: rules.failures };
      return { index: rules.firstIndex + at, size, signature: secret(32), ...facts };
    });
    const upload: PendingUpload = { ...file, uploadId: randomUUID(), parts };
    this.#byId.set(upload.uploadId, upload);
    const oldest = this.#byId.keys().next().value;
    if (this.#byId.size > keptUploads && oldest !== undefined) this.#byId.delete(oldest);
    return upload;
  }

  find(uploadId: string): PendingUpload | undefined {
    return this.#byId.get(uploadId);
  }

  delete(uploadId: string): void {
    this.#byId.delete(uploadId);
  }

  clear(): void {
    this.#byId.clear();
    this.#volume = [];
  }
}

/** The whole file; undefined when a part has not come or what came is not what was announced. */
export function mergeUpload(upload: PendingUpload): Uint8Array | undefined {
  if (upload.parts.some((part) => !part.isFinished || !part.bytes)) return undefined;
  const bytes = Buffer.concat(upload.parts.map((part) => part.bytes ?? new Uint8Array()));
  const isRight =
    bytes.length === upload.fileBytes &&
    hexOf("md5", bytes) === upload.md5 &&
    hexOf("sha1", bytes) === upload.sha1 &&
    hexOf("md5", bytes.subarray(0, headBytes)) === upload.md5_10m;
  return isRight ? bytes : undefined;
}

/** What md5_10m covers. Source: upload page of 2026-09. */
const headBytes = 10_002_432;

export function hexOf(algorithm: "md5" | "sha1", bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
