import type { Database } from "./database.ts";

export interface KnownFile {
  fileInfo: string;
  fileUuid?: string;
  /** Epoch ms. */
  expiresAt: number;
}

/** Answers of uploads by content and scene, so that the same picture is not uploaded again while the first one lives. */
export interface FileInfos {
  /** Undefined when unknown or expired. */
  find(key: string): KnownFile | undefined;
  keep(key: string, file: KnownFile): Promise<void>;
  /** The platform does not take this file_info any more. */
  forget(fileInfo: string): void;
}

interface FileInfoRow {
  file_info: string;
  file_uuid: string | null;
  expires_at: number;
}

interface FileInfosOptions {
  database: Database;
  appId: string;
  now: () => number;
}

export function createFileInfos({ database, appId, now }: FileInfosOptions): FileInfos {
  return {
    find(key) {
      const row = database.get<FileInfoRow>(
        "SELECT file_info, file_uuid, expires_at FROM file_info WHERE app_id = ? AND key = ? AND expires_at > ?",
        [appId, key, now()],
      );
      if (!row) return undefined;
      const { file_info: fileInfo, file_uuid: fileUuid, expires_at: expiresAt } = row;
      return { fileInfo, expiresAt, ...(fileUuid !== null && { fileUuid }) };
    },
    keep: (key, { fileInfo, fileUuid, expiresAt }) =>
      database.write(() => {
        database.run("DELETE FROM file_info WHERE app_id = ? AND expires_at <= ?", [appId, now()]);
        database.run(
          "INSERT OR REPLACE INTO file_info (app_id, key, file_info, file_uuid, expires_at) VALUES (?, ?, ?, ?, ?)",
          [appId, key, fileInfo, fileUuid ?? null, expiresAt],
        );
      }),
    forget(fileInfo) {
      database.run("DELETE FROM file_info WHERE app_id = ? AND file_info = ?", [appId, fileInfo]);
    },
  };
}
