import { InputError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Emulator } from "../emulator/emulator.ts";
import type { EmulatorDesk } from "../operations/emulator-desk.ts";

export interface OwnEmulatorDesk extends EmulatorDesk {
  close(): Promise<void>;
}

/** The local QQ that operations start in this process; loaded when it is first asked for. */
export function createEmulatorDesk(log: Log): OwnEmulatorDesk {
  let opened: Promise<Emulator> | undefined;
  let ready: Emulator | undefined;
  const stop = async () => {
    const ended = await opened?.catch(() => undefined);
    opened = undefined;
    ready = undefined;
    await ended?.close();
    return ended !== undefined;
  };
  return {
    current: () => ready,
    async start(port) {
      opened ??= import("./emulator.ts").then(({ openEmulator }) => openEmulator({ port, log }));
      try {
        ready = await opened;
        return ready;
      } catch (error) {
        opened = undefined;
        throw error;
      }
    },
    stop,
    close: async () => void (await stop()),
  };
}

/** For a process that lives on the local QQ itself: it cannot be started or stopped, only used. */
export function embeddedEmulator(emulator: Emulator): EmulatorDesk {
  return {
    current: () => emulator,
    start: async () => emulator,
    stop: () =>
      Promise.reject(
        new InputError("emulator", "this server itself runs on the local QQ", {
          remedy: "Leave it running: it ends with the server. emulator_clock with reset puts its world back.",
        }),
      ),
  };
}

/** For a process that ends with its one call. */
export const noEmulator: EmulatorDesk = {
  current: () => undefined,
  start: () =>
    Promise.reject(
      new InputError("emulator", "a single call cannot keep a local QQ running", {
        remedy: "Start one with `qq-skill emulator`, or call this in `qq-skill mcp`.",
      }),
    ),
  stop: async () => false,
};
