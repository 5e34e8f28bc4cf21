import { appendFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TurnRecord } from "../bot/turn-record.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { dayOf } from "../protocol/timestamps.ts";

const filesKept = 30;
const mostBytes = 256 * 1024 * 1024;
const fileName = /^turns-\d{4}-\d\d-\d\d\.jsonl$/;

/** One line of JSON per turn, in a file per day (UTC+8); the oldest files go. What cannot be written is logged once a day. */
export function createTurnLog(
  folder: string,
  { clock, log }: { clock: Clock; log: Log },
): (record: TurnRecord) => void {
  let day = "";
  let bytes = 0;
  let hasFailed = false;
  let tail = Promise.resolve();

  async function write(record: TurnRecord): Promise<void> {
    const today = dayOf(clock.now());
    const path = join(folder, `turns-${today}.jsonl`);
    if (today !== day) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await forget(folder);
      [day, hasFailed] = [today, false];
      bytes = await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
    }
    const line = `${JSON.stringify(record)}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > mostBytes) throw new Error(`the file of ${today} has ${mostBytes} bytes`);
    await appendFile(path, line, { mode: 0o600 });
  }

  return (record) => {
    tail = tail
      .then(() => write(record))
      .catch((error: unknown) => {
        if (!hasFailed) log.warn({ error, folder }, "what turns took is not written down (QQ_BOT_TRACES)");
        hasFailed = true;
      });
  };
}

async function forget(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => fileName.test(name)).sort();
  for (const name of files.slice(0, -filesKept)) await rm(join(folder, name), { force: true });
}
