import { callsOf, runCalls } from "./call-table.ts";
import { allRows } from "./qq-official-bot.rows.ts";
import { client, emulator } from "./qq-official-bot.stage.ts";

/**
 * An independent QQ SDK, written against the real platform, works on the local one: only its host names are replaced.
 * It logs in, hears and answers every scene, and runs every call that it has. Where it is wrong, the table says why.
 */
const services = [
  "guild",
  "channel",
  "member",
  "message",
  "permission",
  "reaction",
  "schedule",
  "thread",
  "audio",
  "bot",
];

await runCalls({
  rows: allRows(),
  calls: services.flatMap((name) =>
    callsOf(client[`${name}Service`] as object, [
      // Steps of the sending calls.
      ...["sendMessage", "uploadFile", "sendRegularMessage", "isAuditResult", "delay"],
    ]).map((call) => `${name}.${call}`),
  ),
  codeOf: (error) => {
    const code = /failed with code\((\d+)\)/.exec(String(error))?.[1];
    return code === undefined ? undefined : Number(code);
  },
});
await client.stop();
await emulator.close();
process.exit(0);
