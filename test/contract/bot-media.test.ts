import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openModel } from "../../src/cli/model.ts";
import { openPlatform } from "../../src/cli/platform.ts";
import { startThinking } from "../../src/cli/thinking.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Frame } from "../../src/emulator/frames.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { platformVariables, temporaryFolder } from "../kit/processes.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** Alice owns the bot; `files` is the one folder that it may send from. */
async function openStage() {
  const [emulator, model, home] = [await startTestEmulator(), await ModelServer.start(), temporaryFolder()];
  const files = join(home, "files");
  mkdirSync(files);
  writeFileSync(join(files, "dot.png"), png);
  writeFileSync(join(home, "private.txt"), "not for sending");
  const variables = { ...platformVariables(emulator), ...model.variables, QQ_SKILL_HOME: home, QQ_SKILL_FILES: files };
  const platform = openPlatform(loadConfig({ env: variables }), silentLog);
  const port = openModel(platform.config, platform.modelHttp);
  const owners = emulator.identitiesOf("alice");
  const thinking = await startThinking({ platform, model: port, persona: () => "", owners });
  onTestFinished(() => thinking.stop());
  await vi.waitFor(() => expect(thinking.subscription.status().state).toBe("live"), 10_000);
  const placeOf = (user: string) => emulator.world.c2c.find((place) => place.user === user)?.id ?? "";
  /** What the bot said in answer, once it is `count` messages. */
  const ask = async (user: string, content: string, count: number) => {
    const id = placeOf(user);
    const { message_id: after } = emulator.say({ as: user, scene: "c2c", id, content });
    await vi.waitFor(() => expect(emulator.messages({ scene: "c2c", id, after })).toHaveLength(count), 5_000);
    return emulator.messages({ scene: "c2c", id, after });
  };
  const results = () =>
    model.requests.at(-1)?.messages.flatMap(({ role, content }) => (role === "tool" ? [String(content)] : [])) ?? [];
  return { emulator, model, ask, placeOf, files, home, results };
}

const fileInfoIn = (text: string) => (JSON.parse(text) as { file_info: string }).file_info;

describe("pictures and files of the model", () => {
  it("a picture by its address comes in the conversation, after what was being written and before what follows", async () => {
    const { emulator, model, ask, placeOf } = await openStage();
    const picture = { name: "send_message", arguments: { image_url: "https://pictures.example.com/cat.png" } };
    const shown = () => emulator.messages({ scene: "c2c", id: placeOf("bob") }).some(({ from }) => from === "bot");
    const pause = () => vi.waitFor(() => expect(shown()).toBe(true), 5_000);
    model.says({ text: "Here is a cat.", calls: [picture], pause }, "Do you like it?");
    const rows = await ask("bob", "show me a cat", 3);
    expect(rows.map(({ kind, content }) => [kind, content])).toEqual([
      [expect.any(String), "Here is a cat."],
      ["media", "[图片]"],
      [expect.any(String), "Do you like it?"],
    ]);
    expect(rows[1]?.image_url).toBe("https://pictures.example.com/cat.png");
    expect(rows.map(({ msg_seq }) => msg_seq)).toEqual([...new Set(rows.map(({ msg_seq }) => msg_seq))]);
    // What grew was closed before the picture.
    const calls = (emulator.frames() as (Frame & { data: { request?: { input_state?: number } } })[])
      .filter(({ method, path }) => method === "POST" && path?.startsWith("/v2/users/"))
      .map(({ path, data }) => `${path?.split("/").at(-1)} ${data.request?.input_state ?? ""}`.trim());
    expect(calls.slice(calls.indexOf("files") - 1)).toEqual(["stream_messages 10", "files", "messages", "messages"]);
  });

  it("a file goes out from the folder of the settings for the owner, and from nowhere else", async () => {
    const { model, ask, files, home, results } = await openStage();
    const upload = (path: string) => ({ name: "upload_media", arguments: { path } });
    model.says({ calls: [upload(join(home, "private.txt"))] }, "I may not.");
    await ask("alice", "send private.txt", 1);
    expect(results()).toEqual([expect.stringContaining("is not in an allowed folder")]);
    model.says(
      { calls: [upload(join(files, "dot.png"))] },
      (request) => {
        const file_info = fileInfoIn(String(request.messages.at(-1)?.content));
        return { calls: [{ name: "send_message", arguments: { file_info, content: "the dot" } }] };
      },
      "Sent.",
    );
    const rows = await ask("alice", "send dot.png", 2);
    expect(rows.map(({ kind }) => kind)).toContain("media");
  });

  it("nobody else has files sent, and nobody an address that is not public", async () => {
    const { model, ask, files, results } = await openStage();
    model.says(
      {
        calls: [
          { name: "upload_media", arguments: { path: join(files, "dot.png") } },
          { name: "send_message", arguments: { file_info: "x" } },
          { name: "send_message", arguments: { image_url: "https://127.0.0.1/a.png" } },
          { name: "send_message", arguments: { image_url: "http://pictures.example.com/a.png" } },
        ],
      },
      "no",
    );
    await ask("bob", "send it", 1);
    expect(results()).toEqual([
      expect.stringContaining('no tool "upload_media"'),
      expect.stringContaining("no field file_info"),
      expect.stringContaining("private network"),
      expect.stringContaining("public https address"),
    ]);
  });
});
