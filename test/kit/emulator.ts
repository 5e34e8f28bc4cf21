import { onTestFinished } from "vitest";
import type { MessageRow } from "../../src/emulator/chats.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/emulator.ts";
import type { Scene } from "../../src/protocol/scenes.ts";

export interface TestEmulator extends Emulator {
  /** One call of the control API over HTTP: path below `/_emulator/`, a body makes it a POST. */
  control(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  /** The first message of a conversation that `matches`, waited for; fails after `timeoutMs` (real time, default 5 s). */
  waitForMessage(query: WaitQuery): Promise<MessageRow>;
}

export interface WaitQuery {
  scene: Scene;
  id: string;
  /** Only messages after this one. */
  after?: string;
  matches?: (message: MessageRow) => boolean;
  timeoutMs?: number;
}

/** An emulator on any free port that closes with the test. */
export async function startTestEmulator(options: EmulatorOptions = {}): Promise<TestEmulator> {
  const emulator = await startEmulator({ port: 0, ...options });
  onTestFinished(() => emulator.close());
  const control: TestEmulator["control"] = async (path, body) => {
    const response = await fetch(`${emulator.url}/_emulator/${path}`, {
      headers: { authorization: `Bearer ${emulator.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    ...emulator,
    control,
    async waitForMessage({ scene, id, after, matches = isFromBot, timeoutMs = 5000 }: WaitQuery) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const rows = emulator.messages({ scene, id, after });
        const found = rows.find(matches);
        if (found) return found;
        if (performance.now() > deadline) {
          throw new Error(
            `no such message in ${scene} ${id} within ${timeoutMs} ms; there are ${JSON.stringify(rows)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

function isFromBot(message: MessageRow): boolean {
  return message.from === "bot";
}
