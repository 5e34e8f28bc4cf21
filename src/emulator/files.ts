import { randomUUID } from "node:crypto";
import type { Scene } from "../protocol/scenes.ts";
import { secret } from "./identity.ts";

/** An uploaded file; `info` is what messages carry. */
export interface StoredFile {
  uuid: string;
  info: string;
  scene: Scene;
  /** 1 image, 2 video, 3 voice, 4 file. */
  fileType: number;
  expiresAt: number;
  name?: string;
  /** Given by the bot: never fetched by us. */
  url?: string;
  bytes?: Uint8Array;
}

const budgetBytes = 64 * 1024 * 1024;

/** Uploads to private chats and groups. Bodies share one budget: the oldest go first. */
export class Files {
  #byInfo = new Map<string, StoredFile>();
  #byUuid = new Map<string, StoredFile>();

  add(file: Omit<StoredFile, "uuid" | "info">): StoredFile {
    const kept: StoredFile = { ...file, uuid: randomUUID(), info: secret(60) };
    this.#byInfo.set(kept.info, kept);
    this.#byUuid.set(kept.uuid, kept);
    let bytes = [...this.#byUuid.values()].reduce((sum, one) => sum + (one.bytes?.length ?? 0), 0);
    for (const old of this.#byUuid.values()) {
      if (bytes <= budgetBytes && this.#byUuid.size <= 1000) break;
      bytes -= old.bytes?.length ?? 0;
      this.#byUuid.delete(old.uuid);
      this.#byInfo.delete(old.info);
    }
    return kept;
  }

  /** Undefined when unknown, of another scene, or past its time. */
  usable(info: string, scene: Scene, now: number): StoredFile | undefined {
    const file = this.#byInfo.get(info);
    return file && file.scene === scene && now < file.expiresAt ? file : undefined;
  }

  byUuid(uuid: string): StoredFile | undefined {
    return this.#byUuid.get(uuid);
  }

  clear(): void {
    this.#byInfo.clear();
    this.#byUuid.clear();
  }
}
