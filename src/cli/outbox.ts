import { listOutbox } from "../operations/outbox.ts";
import type { SentMessage } from "../operations/sent-message.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import { openPlatform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { readSettings } from "./settings.ts";

/** The newest messages and what became of them: the view of list_outbox for people. Sends and asks nothing. */
export async function outbox({ flags, options }: Invocation): Promise<number> {
  const { messages } = await read(flags);
  process.stdout.write(options.json ? `${JSON.stringify({ messages }, null, 2)}\n` : rendered(messages));
  return exitCodes.ok;
}

async function read(flags: Invocation["flags"]) {
  const platform = openPlatform(oneAccount(readSettings(flags, { log: "error" })));
  try {
    const context = platform.contextFor({ kind: "cli", grants: new Set(["read"]), label: "cli" });
    const answer = await listOutbox.run(context, { limit: 20 });
    return answer as { messages: SentMessage[] };
  } finally {
    await platform.close();
  }
}

function rendered(messages: readonly SentMessage[]): string {
  if (messages.length === 0) return "nothing was sent in the last seven days\n";
  return messages.map(messageLines).join("\n");
}

function messageLines(message: SentMessage): string {
  const { written_at: at, scene, id, status, text, budget, held_until: until, note, parts } = message;
  const brief = [...text].slice(0, 60).join("");
  const used = budget
    ? `; replies used ${budget.used} of ${budget.max ?? "any number"}, ${budget.seconds_left} s left`
    : "";
  const lines = [`${at}  ${scene}:${id}  ${status}${until ? ` until ${until}` : ""}${used}`, `    ${brief}`];
  if (note) lines.push(`    ${note}`);
  for (const part of parts) {
    const why = part.code === undefined ? "" : ` (${part.code}: ${part.meaning})`;
    lines.push(`    part ${part.part}  ${part.status}${why}${part.message_id ? `  ${part.message_id}` : ""}`);
  }
  return `${lines.join("\n")}\n`;
}
