import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { findOperation } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import { permissions } from "../../src/operations/operation.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { temporaryFolder } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const megabyte = 1024 * 1024;

/** The command's own rooms, with one folder that may be read. */
async function stage(readable?: string) {
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: { takesOnlySilk: true } } });
  const folder = temporaryFolder();
  const allowed = join(folder, "allowed");
  mkdirSync(allowed);
  const config = loadConfig({
    env: {
      QQ_BOT_APP_ID: emulator.app.appId,
      QQ_BOT_APP_SECRET: emulator.app.appSecret,
      QQ_BOT_API_BASE: emulator.url,
      QQ_BOT_TOKEN_URL: emulator.tokenUrl,
      QQ_BOT_PACING: "off",
      QQ_SKILL_HOME: join(folder, "home"),
      QQ_SKILL_FILES: readable ?? allowed,
    },
  });
  const platform = openPlatform(config, silentLog);
  onTestFinished(() => platform.close());
  await (await new RawBot(emulator).login()).connect();
  const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" });
  const run = async (name: string, input: object) => {
    const operation = findOperation(name);
    if (!operation) throw new Error(`no operation ${name}`);
    return (await callOperation(operation, context, input)) as Record<string, unknown>;
  };
  const group = { scene: "group" as const, id: emulator.world.groups[0]?.id ?? "" };
  const channel = emulator.world.guilds[0]?.channels.find(({ type }) => type === 0)?.id ?? "";
  return { emulator, folder, allowed, run, group, channel };
}

describe("a local file", () => {
  it("goes to a group, large ones in parts, and is not uploaded twice", async () => {
    const { emulator, allowed, run, group } = await stage();
    const path = join(allowed, "film.bin");
    writeFileSync(path, "begin");
    truncateSync(path, 6 * megabyte);
    const { file_info } = await run("upload_media", { ...group, path });
    expect(await run("upload_media", { ...group, path })).toMatchObject({ file_info });
    await run("send_message", { ...group, file_info, content: "给大家" });
    expect(emulator.messages(group)).toEqual([expect.objectContaining({ kind: "media", content: "给大家" })]);
    const prepared = emulator.frames().filter((frame) => frame.path?.endsWith("/upload_prepare"));
    expect(prepared).toHaveLength(1);
  });

  it("goes into a guild message as a form", async () => {
    const { emulator, allowed, run, channel } = await stage();
    const path = join(allowed, "a.png");
    writeFileSync(path, png);
    const reference = (await run("send_channel_message", { channel_id: channel, content: "x" })).id;
    const message_reference = { message_id: reference, ignore_get_message_error: true };
    await run("send_channel_message", { channel_id: channel, content: "看", file_image: path, message_reference });
    const shown = emulator.messages({ scene: "channel", id: channel }).at(-1);
    expect(shown).toMatchObject({ kind: "media", content: "看", quote: { id: reference } });
    const image = await fetch(emulator.url + shown?.image_url);
    expect(Buffer.from(await image.arrayBuffer())).toEqual(png);
  });

  it.each([
    ["empty", Buffer.alloc(0), {}, { field: "file", remedy: /something in it/ }],
    ["no voice", png, { file_type: 3 }, { field: "file_type", remedy: /4 \(file\); or say it as text/ }],
    [
      "no WAV",
      Buffer.from("RIFF\0\0\0\0WAVEfmt "),
      { file_type: 3 },
      { field: "path", remedy: /silk-wasm.*say it as text/ },
    ],
    [
      "for a guild",
      png,
      { scene: "channel" },
      { field: "scene", message: /guilds take no uploads.*image_url.*as text/ },
    ],
  ])("that is %s is refused with what to do instead", async (_, bytes, input, { field, ...texts }) => {
    const { allowed, run, group } = await stage();
    const path = join(allowed, "file");
    writeFileSync(path, bytes);
    const told = Object.entries(texts).map(([name, text]) => [name, expect.stringMatching(text)]);
    await expect(run("upload_media", { ...group, path, ...input })).rejects.toMatchObject({
      ...{ name: "InputError", field, ...Object.fromEntries(told) },
    });
  });

  // A file that nobody can read from its beginning, not even root.
  it.runIf(process.platform === "linux")("that cannot be read is bad input, not a fault of this program", async () => {
    const { run, group } = await stage("/proc");
    await expect(run("upload_media", { ...group, path: "/proc/self/mem" })).rejects.toMatchObject({
      ...{ name: "InputError", field: "path", message: "mem cannot be read (EIO)" },
      remedy: expect.stringContaining("Let this program read it"),
    });
  });

  it("stays where it is unless its folder is allowed, whatever the path looks like", async () => {
    const { emulator, folder, allowed, run, group, channel } = await stage();
    const secret = join(folder, "secret.png");
    writeFileSync(secret, png);
    symlinkSync(secret, join(allowed, "link.png"));
    mkdirSync(join(allowed, "sub"));
    writeFileSync(join(allowed, "huge.bin"), "");
    truncateSync(join(allowed, "huge.bin"), 200 * megabyte + 1);
    const paths = [secret, join(allowed, "..", "secret.png"), join(allowed, "link.png"), join(allowed, "none.png")];
    for (const path of [...paths, allowed, join(allowed, "sub"), join(allowed, "huge.bin")]) {
      await expect(run("upload_media", { ...group, path }), path).rejects.toMatchObject({
        ...{ field: "path", remedy: expect.stringMatching(/public URL|smaller one/) },
      });
    }
    await expect(run("send_channel_message", { channel_id: channel, file_image: secret })).rejects.toMatchObject({
      field: "path",
    });
    expect(emulator.frames().filter((frame) => /files|upload|messages/.test(frame.path ?? ""))).toEqual([]);
  });
});
