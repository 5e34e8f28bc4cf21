import { randomUUID } from "node:crypto";
import { InputError } from "../core/errors.ts";
import type { BindingDesk } from "../operations/binding-desk.ts";
import { type BindingClient, type BindingTask, createBindingClient } from "../rest/binding.ts";
import type { Fetch } from "../rest/http.ts";
import { saveCredentials } from "./credentials.ts";

const maxTasks = 8;

export interface BindingDeskOptions {
  baseUrl: string;
  fetch: Fetch;
  /** The data folder. */
  home: string;
  /** AppID of the running process, if it has one. */
  appId: string | undefined;
  client?: BindingClient;
}

/** Attempts of this process, the oldest forgotten first; a finished one is forgotten with its key. */
export function createBindingDesk(options: BindingDeskOptions): BindingDesk {
  const client = options.client ?? createBindingClient({ baseUrl: options.baseUrl, fetch: options.fetch });
  const tasks = new Map<string, BindingTask>();
  return {
    async start(source, signal) {
      const task = await client.create(signal);
      const taskRef = randomUUID();
      const oldest = tasks.keys().next();
      if (tasks.size >= maxTasks && !oldest.done) tasks.delete(oldest.value);
      tasks.set(taskRef, task);
      const connectUrl = client.connectUrl(task, source);
      const { qrText } = await import("./qr.ts");
      return { taskRef, connectUrl, qrText: qrText(connectUrl) };
    },
    async poll(taskRef, signal) {
      const task = tasks.get(taskRef);
      if (!task) {
        throw new InputError("task_ref", "this process knows no such attempt (any more)", {
          remedy: "Call start_binding and show the new code; in a terminal, `qq-skill init` does both.",
        });
      }
      const answer = await client.poll(task, signal);
      if (answer.status === "pending") return answer;
      if (answer.status === "expired") {
        tasks.delete(taskRef);
        return answer;
      }
      const { appId, appSecret, ownerOpenid } = answer;
      const owner = ownerOpenid === undefined ? {} : { owner_openid: ownerOpenid };
      const savedTo = saveCredentials(options.home, { app_id: appId, app_secret: appSecret, ...owner });
      tasks.delete(taskRef);
      return {
        ...{ status: "completed", appId, savedTo, note: noteOf(options.appId) },
        ...(ownerOpenid === undefined ? {} : { ownerOpenid }),
      };
    },
  };
}

function noteOf(running: string | undefined): string {
  const restart = "Restart this program: it reads the file at its start.";
  if (running === undefined) return restart;
  return `${restart} QQ_BOT_APP_ID and QQ_BOT_APP_SECRET, where they are set, go before the file.`;
}
