import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface SmallDisk {
  path: string;
  /** Takes all the room that is left. */
  fill(): void;
  makeRoom(): void;
}

/** A file system of its own, removed with the test; undefined where none can be made: only root may, on Linux. */
export function smallDisk(size: string): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "qq-skill-disk-"));
  const remove = () => rmdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", path], { stdio: "ignore" });
  } catch {
    remove();
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", path]);
    remove();
  });
  const filler = join(path, "filler");
  return {
    path,
    fill() {
      const { blocks, bsize } = statfsSync(path);
      const file = openSync(filler, "w");
      try {
        // As long as anything goes in: whoever uses the disk may take the last of it at the same moment.
        for (let block = 0; block < blocks; block++) writeSync(file, Buffer.alloc(bsize));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler),
  };
}
