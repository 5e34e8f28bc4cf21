import { createHash } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Dials } from "../../src/emulator/dials.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { createRestClient } from "../../src/rest/client.ts";
import { digestsOf } from "../../src/rest/digests.ts";
import { createHttp, type Fetch, type FetchInit } from "../../src/rest/http.ts";
import { createTokenSource } from "../../src/rest/token.ts";
import { createUploads, type KnownFile, type UploadFile } from "../../src/rest/uploads.ts";
import type { VoiceCodec } from "../../src/rest/voice-codec.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";

const megabyte = 1024 * 1024;

interface Put {
  url: string;
  init: FetchInit;
}

/** Uploads through the real client, over HTTP, with everything that goes to the file store on record. */
async function stage(
  dials: Partial<Dials> = {},
  onPut: (put: Put, count: number) => void = () => undefined,
  voice?: Pick<VoiceCodec, "toSilk">,
) {
  const quick = { uploadRetryDelaySeconds: 0.01, uploadBlockBytes: 2 * megabyte };
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: { ...quick, ...dials } } });
  const http = createHttp();
  onTestFinished(() => http.close());
  const { appId, appSecret: secret } = emulator.app;
  const token = createTokenSource({ url: emulator.tokenUrl, appId, secret, fetch: http.fetch });
  const rest = createRestClient({
    services: { bot: { baseUrl: emulator.url, authorize: token } },
    fetch: http.fetch,
    pacing: "off",
  });
  const puts: Put[] = [];
  const running = { now: 0, most: 0 };
  const fetch: Fetch = async (url, init) => {
    puts.push({ url, init });
    onPut({ url, init }, puts.length);
    running.most = Math.max(running.most, ++running.now);
    return http.fetch(url, init as RequestInit).finally(() => --running.now);
  };
  const kept = new Map<string, KnownFile>();
  const cache = {
    find: (key: string) => kept.get(key),
    keep: async (key: string, file: KnownFile) => void kept.set(key, file),
    forget(fileInfo: string) {
      for (const [key, file] of kept) if (file.fileInfo === fileInfo) kept.delete(key);
    },
  };
  const uploads = createUploads({ rest, fetch, cache, ...(voice ? { voice } : {}) });
  const group = emulator.world.groups[0]?.id ?? "";
  const upload = (bytes: Uint8Array, facts: Partial<UploadFile> = {}) =>
    uploads.upload({ scene: "group", id: group, name: "a.bin", bytes, ...facts });
  return { emulator, puts, running, uploads, upload, group, rest, called: () => callsOf(emulator) };
}

/** Last path segments of the bot API calls, in order. */
function callsOf(emulator: TestEmulator): string[] {
  const paths = emulator.frames().flatMap((frame) => (frame.kind === "rest" ? [frame.path ?? ""] : []));
  return paths.map((path) => path.split("/").at(-1) ?? "").filter((name) => name !== "getAppAccessToken");
}

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 4096) bytes[at] = (at / 4096) % 251;
  return bytes;
}

const indexOf = (put: Put) => new URL(put.url).searchParams.get("partNumber");

describe("an upload", () => {
  it("goes out in one call up to 5 MB", async () => {
    const { upload, puts, called } = await stage();
    expect(await upload(noise(5 * megabyte))).toMatchObject({ file_info: expect.any(String), ttl: 300 });
    expect(called()).toEqual(["files"]);
    expect(puts).toEqual([]);
  });

  it("goes out in parts above 5 MB, and can then be sent", async () => {
    const { upload, puts, running, called, rest, group } = await stage();
    const { file_info } = await upload(noise(5 * megabyte + 1));
    expect(called()[0]).toBe("upload_prepare");
    expect(called().at(-1)).toBe("files");
    expect(called().filter((name) => name === "upload_part_finish")).toHaveLength(3);
    expect(puts.map(indexOf).sort()).toEqual(["0", "1", "2"]);
    expect(running.most).toBe(3);
    const path = `/v2/groups/${group}/messages`;
    const body = { msg_type: 7, media: { file_info } };
    const template = "/v2/groups/{group_openid}/messages";
    expect((await rest.request({ service: "bot", method: "POST", template, path, body })).status).toBe(200);
  });

  it("shows the bot's token to the bot API only, and gives the store the exact length", async () => {
    const { upload, puts } = await stage();
    await upload(noise(5 * megabyte + 1));
    for (const { init } of puts) {
      expect(Object.keys(init.headers ?? {}).map((name) => name.toLowerCase())).toEqual(["content-length"]);
      expect(Number(init.headers?.["content-length"])).toBe((init.body as Uint8Array).byteLength);
    }
  });

  it("places parts by their order, whether they count from 0 or from 1", async () => {
    const { upload, puts } = await stage({ uploadFirstIndex: 1, uploadConcurrency: 1 });
    await upload(noise(5 * megabyte + 1));
    expect(puts.map(indexOf)).toEqual(["1", "2", "3"]);
  });

  it("waits for a busy store and tries a failed part again, that part only", async () => {
    const { upload, puts, called } = await stage({ uploadBusyTimes: 5, uploadPartFailures: 2, uploadConcurrency: 1 });
    await upload(noise(5 * megabyte + 1));
    expect(puts.map(indexOf)).toEqual(["0", "0", "0", "1", "1", "1", "2", "2", "2"]);
    expect(called().filter((name) => name === "upload_part_finish")).toHaveLength(18);
    expect(called().filter((name) => name === "upload_prepare")).toHaveLength(1);
  });

  it("gives up a part that stays busy beyond the platform's time, and says why", async () => {
    const { upload } = await stage({ uploadBusyTimes: 1000, uploadRetryTimeoutSeconds: 0.05 });
    await expect(upload(noise(6 * megabyte))).rejects.toMatchObject({ qqCode: 40093001, remedy: expect.any(String) });
  });

  it("goes on where it broke off when it is tried again", async () => {
    let isBroken = true;
    const { upload, puts, called } = await stage({ uploadConcurrency: 1 }, (put) => {
      if (isBroken && indexOf(put) === "1") throw Object.assign(new Error("broken"), { code: "ECONNRESET" });
    });
    await expect(upload(noise(6 * megabyte))).rejects.toMatchObject({ code: "network" });
    isBroken = false;
    const before = puts.length;
    await upload(noise(6 * megabyte));
    expect(puts.slice(before).map(indexOf)).toEqual(["1", "2"]);
    expect(called().filter((name) => name === "upload_prepare")).toHaveLength(1);
  });

  it("begins anew when the signed addresses have expired meanwhile", async () => {
    let isBroken = true;
    const life = 60_000;
    const { upload, emulator, called } = await stage({ uploadAddressLifeMs: life, uploadConcurrency: 1 }, (put) => {
      if (isBroken && indexOf(put) === "1") throw Object.assign(new Error("broken"), { code: "ECONNRESET" });
    });
    await expect(upload(noise(6 * megabyte))).rejects.toMatchObject({ code: "network" });
    isBroken = false;
    emulator.advance(life + 1);
    expect(await upload(noise(6 * megabyte))).toMatchObject({ file_info: expect.any(String) });
    expect(called().filter((name) => name === "upload_prepare")).toHaveLength(2);
  });

  it("names no signed address in its errors", async () => {
    const { upload } = await stage({ uploadPartFailures: 50 });
    const error = await upload(noise(6 * megabyte)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 503, path: "presigned_url" });
    expect(String(error)).not.toMatch(/sign=|_objects/);
  });

  it("does not try a used-up day again and again", async () => {
    const { upload, called } = await stage({ uploadBytesPerDay: 8 * megabyte });
    await upload(noise(6 * megabyte));
    await expect(upload(noise(6 * megabyte + 1))).rejects.toMatchObject({ qqCode: 40093002 });
    expect(called().filter((name) => name === "upload_prepare")).toHaveLength(2);
  });

  it("can be cancelled between parts", async () => {
    const abort = new AbortController();
    const { uploads, group, puts } = await stage({ uploadConcurrency: 1 }, (_, count) => {
      if (count === 2) abort.abort(new Error("enough"));
    });
    const file = { scene: "group", id: group, name: "a", bytes: noise(9 * megabyte) } as const;
    await expect(uploads.upload(file, abort.signal)).rejects.toThrow("enough");
    expect(puts).toHaveLength(2);
  });
});

describe("what was uploaded before", () => {
  it("is not uploaded again for the same scene while it lives", async () => {
    const { upload, called } = await stage();
    const bytes = noise(1000);
    const first = await upload(bytes);
    expect((await upload(bytes)).file_info).toBe(first.file_info);
    expect(called()).toEqual(["files"]);
  });

  it("is uploaded again for the other scene, under another name, and once the platform refused it", async () => {
    const { upload, uploads, emulator, called } = await stage();
    const bytes = noise(1000);
    const { file_info } = await upload(bytes);
    await upload(bytes, { scene: "c2c", id: emulator.world.c2c[0]?.id ?? "" });
    await upload(bytes, { name: "b.bin" });
    uploads.forget(String(file_info));
    await upload(bytes);
    expect(called()).toHaveLength(4);
  });

  it("is uploaded again when its time on the platform would end soon", async () => {
    const { upload, called } = await stage({ fileLifeMs: 30_000 });
    await upload(noise(1000));
    await upload(noise(1000));
    expect(called()).toEqual(["files", "files"]);
  });
});

describe("voice", () => {
  const mp3 = Buffer.from(`ID3\x03\0\0\0\0\0\0\xff\xfb\x90\0${"\0".repeat(100)}`, "latin1");
  const codec = (silk: Uint8Array | undefined): Pick<VoiceCodec, "toSilk"> => ({ toSilk: async () => silk });
  const silk = Buffer.from("\x02#!SILK_V3 and more", "latin1");
  const asVoice = { fileType: 3, name: "hello.mp3" } as const;

  it("is converted where the codecs are, and remembered by what it was before", async () => {
    const { upload, called, emulator } = await stage({ takesOnlySilk: true }, undefined, codec(silk));
    const first = await upload(mp3, asVoice);
    expect((await upload(mp3, asVoice)).file_info).toBe(first.file_info);
    expect(called()).toEqual(["files"]);
    const [frame] = emulator.frames().filter(({ path }) => path?.endsWith("/files"));
    expect(JSON.stringify(frame?.data)).toContain("hello.silk");
  });

  it("goes out as it is without them, which the platform may take", async () => {
    const { upload } = await stage({}, undefined, codec(undefined));
    expect(await upload(mp3, asVoice)).toMatchObject({ file_info: expect.any(String) });
  });

  it("names the packages to install when the platform does not take it", async () => {
    const { upload } = await stage({ takesOnlySilk: true }, undefined, codec(undefined));
    await expect(upload(mp3, asVoice)).rejects.toMatchObject({
      ...{ name: "InputError", remedy: expect.stringContaining("silk-wasm and mpg123-decoder") },
    });
  });
});

describe("md5_10m", () => {
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

  it("covers the first 10,002,432 bytes, not 10 MiB, and all of a shorter file", async () => {
    const long = noise(10 * megabyte + 5);
    expect((await digestsOf(long)).md5_10m).toBe(md5(long.subarray(0, 10_002_432)));
    expect(await digestsOf(new TextEncoder().encode("hello"))).toEqual({
      md5: "5d41402abc4b2a76b9719d911017c592",
      sha1: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
      md5_10m: "5d41402abc4b2a76b9719d911017c592",
    });
  });
});

describe("the file store", () => {
  it("takes nothing but the signed part, without credentials", async () => {
    const { upload, puts } = await stage({
      uploadBusyTimes: 1000,
      uploadRetryTimeoutSeconds: 0.01,
      uploadConcurrency: 1,
    });
    await upload(noise(6 * megabyte)).catch(() => undefined);
    const url = puts[0]?.url ?? "";
    const put = async (address: string, init: RequestInit) => (await fetch(address, { method: "PUT", ...init })).status;
    const body = noise(2 * megabyte);
    expect(await put(url, { body })).toBe(200);
    expect(await put(url, { body: noise(100) })).toBe(400);
    expect(await put(url, { body, headers: { authorization: "QQBot x" } })).toBe(400);
    expect(await put(url.replace(/sign=[^&]{4}/, "sign=0000"), { body })).toBe(403);
    expect(await put(url.replace(/_objects\/[^/]+/, "_objects/none"), { body })).toBe(404);
  });

  it("merges only what was announced and reported", async () => {
    const { rest, group } = await stage();
    const body = { file_type: 4, file_size: "5", file_name: "a", sha1: "0".repeat(40), md5: "0".repeat(32) };
    const post = (tail: string, fields: object) =>
      rest.request({
        ...{ service: "bot", method: "POST", template: `/v2/groups/{group_id}/${tail}` },
        ...{ path: `/v2/groups/${group}/${tail}`, body: fields },
      });
    const { data } = await post("upload_prepare", { ...body, md5_10m: "0".repeat(32) });
    const { upload_id, parts } = data as { upload_id: string; parts: { index: number; presigned_url: string }[] };
    const report = { upload_id, part_index: parts[0]?.index, block_size: "5" };
    const md5 = createHash("md5").update("hello").digest("hex");
    await expect(post("upload_part_finish", { ...report, md5 })).rejects.toMatchObject({ qqCode: 10000 });
    await fetch(parts[0]?.presigned_url ?? "", { method: "PUT", body: "hello" });
    await expect(post("upload_part_finish", { ...report, md5: "1".repeat(32) })).rejects.toMatchObject({
      qqCode: 10000,
    });
    await post("upload_part_finish", { ...report, md5 });
    await expect(post("files", { upload_id })).rejects.toMatchObject({ qqCode: 10000 });
  });
});

describe("upload_prepare on the platform", () => {
  const hex = (digits: number) => "a".repeat(digits);
  const right = { file_type: 4, file_size: 5, file_name: "a", md5: hex(32), sha1: hex(40), md5_10m: hex(32) };

  it.each([
    [{}, undefined],
    [{ file_size: "5" }, undefined],
    [{ file_type: 9 }, 850019],
    [{ file_size: "0" }, 40011000],
    [{ file_size: 200 * megabyte + 1 }, 850031],
    [{ file_name: "" }, 40011000],
    [{ md5_10m: "abc" }, 40011000],
  ])("answers %j with code %s", async (change, code) => {
    const { rest, group } = await stage();
    const call = (id: string) => {
      const template = "/v2/groups/{group_id}/upload_prepare";
      const path = `/v2/groups/${id}/upload_prepare`;
      return rest.request({ service: "bot", method: "POST", template, path, body: { ...right, ...change } });
    };
    const answer = await call(group).catch((error: unknown) => error);
    if (code === undefined) expect(answer).toMatchObject({ data: { parts: [{ index: 0, block_size: "5" }] } });
    else expect(answer).toMatchObject({ qqCode: code });
    await expect(call("nowhere")).rejects.toMatchObject({ name: "ApiError" });
  });
});
