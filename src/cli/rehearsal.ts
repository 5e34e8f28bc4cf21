import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Log } from "../core/log.ts";
import type { Outbox } from "../delivery/outbox.ts";
import type { Trace } from "../protocol/trace.ts";
import { openHome } from "../store/home.ts";
import { acquireLock } from "../store/lock.ts";
import { openPlatform, type Platform } from "./platform.ts";

type Print = (line: string) => void;

export const rehearsalLines = [
  "  试运行 dry run  回答只显示在这里，不发送也不修改任何东西；不记得以前的事 / answers appear here only, nothing is sent,",
  "                  changed or acknowledged; it begins without memory and forgets at its end",
];

/**
 * The real platform, read only: events and reads are real, what would be sent is printed, and the gate refuses the rest. It
 * remembers in a folder that is removed at its end, so that the bot proper takes up where it was; the bot's lock is held
 * meanwhile, since both would hear the same events.
 */
export function openRehearsal(config: Config, log: Log, print: Print): Platform {
  const home = mkdtempSync(join(tmpdir(), "qq-skill-rehearsal-"));
  const { appId = "" } = config;
  const lock = acquireLock({ home: openHome(config.home).path, appId, owner: "qq-skill bot --dry-run" });
  const platform = openPlatform({ ...config, home, stream: "off" }, log);
  const outbox = printing(platform.outbox, print);
  return {
    ...platform,
    outbox,
    contextFor: (caller) => ({ ...platform.contextFor(caller), isRehearsal: true, delivery: outbox }),
    async close() {
      await platform.close();
      lock.release();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** Nothing is passive, so that neither typing nor a note before the window closes is thought worth a reply. */
function printing(real: Outbox, print: Print): Outbox {
  return {
    rest: real.rest,
    draft: () => undefined,
    preview: (message) => ({ ...real.preview(message), mode: "active" }),
    async deliver(message) {
      const { parts, notes } = real.preview(message);
      const words = parts.flatMap(({ text, form }) => text ?? `(${form})`).join("\n");
      print(`» ${message.scene}:${message.id} ${indented(words)}`);
      return { parts: [], notes: [...notes, "dry run: shown on the console only"] };
    },
    hear: async () => undefined,
    resume: async () => undefined,
  };
}

/** What the bot hears and what its model does with it, a line each. */
export function narrate(print: Print): (trace: Trace) => void {
  return ({ conversation, step }) => {
    if (step.kind === "event") print(`« ${conversation} ${indented(step.summary)}`);
    if (step.kind === "ignored") print(`  (${step.reason})`);
    if (step.kind === "tool_call") print(`  ${step.name} ${brief(step.input)}`);
    if (step.kind === "tool_result") print(`  ${step.name}: ${step.ok ? "ok" : "failed"} ${brief(step.output)}`);
    if (step.kind === "failed") print(`  failed: ${step.error}`);
  };
}

function indented(text: string): string {
  return text.replace(/\r?\n/g, "\n  ");
}

function brief(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
