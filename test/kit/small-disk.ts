import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
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
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    makeRoom: () => rmSync(filler),
  };
}
