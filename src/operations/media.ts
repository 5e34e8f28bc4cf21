import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { groupOpenid, userOpenid } from "../protocol/ids.ts";
import { mediaLimits, uploadLimits } from "../protocol/limits.ts";
import { publicUrl as anyPublicUrl } from "../protocol/public-url.ts";
import type { OperationContext } from "./context.ts";
import { docsPage } from "./docs-page.ts";
import { defineAction, defineCall } from "./operation.ts";

const docs = docsPage("message/send-receive/rich-media");

const fileType = z.literal([1, 2, 3, 4]).describe("1 image, 2 video, 3 voice, 4 file");
const publicUrl = anyPublicUrl.describe("Public http(s) address; the platform downloads it");
const fileName = z.string().min(1).max(255).describe("Name shown to people, for files");
const uploadId = z.string().min(1).max(1024);
/** Base64 has four characters for three bytes. */
const maxBase64 = Math.ceil(uploadLimits.simpleBytes / 3) * 4;
const md5 = z.string().regex(/^[0-9a-fA-F]{32}$/, { error: "32 hex digits" });
const byteCount = (max: number) =>
  z
    .string()
    .max(12)
    .refine((text) => /^[1-9]\d*$/.test(text) && Number(text) <= max, { error: `a number from 1 to ${max}, as text` });

const uploadFields = {
  file_type: fileType.optional().describe("1 image, 2 video, 3 voice, 4 file; only with upload_id it can be left out"),
  url: publicUrl.optional(),
  file_data: z
    .base64()
    .min(4)
    .max(maxBase64)
    .optional()
    .describe("Or the bytes as base64, at most 20 MB (in the official SDKs, not in the newest documents)"),
  upload_id: uploadId.optional().describe("Or a chunked upload whose parts have all been reported"),
  srv_send_msg: z
    .boolean()
    .default(false)
    .describe("true sends it at once as an active message; leave false and send file_info"),
  file_name: fileName.optional(),
};

const sources = ["url", "file_data", "upload_id"] as const;
type Sources = { [field in (typeof sources)[number] | "file_type"]?: unknown };
const hasOneSource = (input: Sources) => sources.filter((field) => input[field] !== undefined).length === 1;
const sourceMissing = { path: ["url"], message: `exactly one of ${sources.join(", ")} is needed` };
const hasFileType = (input: Sources) => input.file_type !== undefined || input.upload_id !== undefined;
const fileTypeMissing = { path: ["file_type"], message: "file_type is needed with url and file_data" };

const answer = z.looseObject({
  file_info: z.string().describe("For send_message to the same scene"),
  file_uuid: z.string().optional(),
  ttl: z.number().optional().describe("Seconds that file_info lives; 0 = long"),
  id: z.string().optional().describe("Message id, with srv_send_msg"),
  raw_url: z.string().optional().describe("Address of a merged image, video or voice"),
});

export const uploadC2cMedia = defineCall({
  name: "upload_c2c_media",
  title: "Upload for a private chat (raw call) (单聊富媒体上传)",
  summary:
    "Upload by address or bytes, or merge a chunked upload, for private chats; its file_info cannot be used in groups.",
  toolset: "media",
  permission: "send",
  scope: { c2c: "user_openid" },
  service: "bot",
  method: "POST",
  path: "/v2/users/{user_openid}/files",
  input: z
    .strictObject({ user_openid: userOpenid, ...uploadFields })
    .refine(hasOneSource, sourceMissing)
    .refine(hasFileType, fileTypeMissing),
  output: answer,
  docs,
});

export const uploadGroupMedia = defineCall({
  name: "upload_group_media",
  title: "Upload for a group (raw call) (群聊富媒体上传)",
  summary:
    "Upload by address or bytes, or merge a chunked upload, for groups; its file_info cannot be used in private chats.",
  toolset: "media",
  permission: "send",
  scope: { group: "group_openid" },
  service: "bot",
  method: "POST",
  path: "/v2/groups/{group_openid}/files",
  input: z
    .strictObject({ group_openid: groupOpenid, ...uploadFields })
    .refine(hasOneSource, sourceMissing)
    .refine(hasFileType, fileTypeMissing),
  output: answer,
  docs,
});

const prepareFields = {
  file_type: fileType,
  file_size: byteCount(mediaLimits.file.hardBytes).describe("Bytes of the whole file, as text; at most 200 MB"),
  file_name: fileName.describe("Name of the file"),
  md5: md5.describe("MD5 of the whole file, hex"),
  sha1: z
    .string()
    .regex(/^[0-9a-fA-F]{40}$/, { error: "40 hex digits" })
    .describe("SHA-1 of the whole file, hex"),
  md5_10m: md5.describe("MD5 of the first 10002432 bytes, hex; of everything when there are fewer"),
};

const plan = z.looseObject({
  upload_id: z.string().describe("Names the upload in the next calls"),
  block_size: z.union([z.string(), z.number()]).optional().describe("Bytes of a part"),
  parts: z
    .array(
      z.looseObject({
        index: z.number().describe("From 0 or 1: part_index is this number as it stands"),
        presigned_url: z.string().describe("PUT the bytes here without Authorization, with their exact Content-Length"),
        block_size: z.union([z.string(), z.number()]).optional(),
      }),
    )
    .describe("In file order"),
  upload_config: z
    .looseObject({
      concurrency: z.number().optional().describe("Parts at a time"),
      retry_timeout: z.number().optional().describe("Seconds for which 40093001 is worth another try"),
      retry_delay: z.number().optional().describe("Seconds between tries"),
    })
    .optional(),
});

export const prepareC2cUpload = defineCall({
  name: "prepare_c2c_upload",
  title: "Start a chunked upload for a private chat (raw call) (单聊分片上传准备)",
  summary: "Announce a large file and get a signed address for each part; upload_media does all steps by itself.",
  toolset: "media",
  permission: "send",
  scope: { c2c: "user_id" },
  service: "bot",
  method: "POST",
  path: "/v2/users/{user_id}/upload_prepare",
  input: z.strictObject({ user_id: userOpenid, ...prepareFields }),
  output: plan,
  docs,
});

export const prepareGroupUpload = defineCall({
  name: "prepare_group_upload",
  title: "Start a chunked upload for a group (raw call) (群聊分片上传准备)",
  summary: "Announce a large file and get a signed address for each part; upload_media does all steps by itself.",
  toolset: "media",
  permission: "send",
  scope: { group: "group_id" },
  service: "bot",
  method: "POST",
  path: "/v2/groups/{group_id}/upload_prepare",
  input: z.strictObject({ group_id: groupOpenid, ...prepareFields }),
  output: plan,
  docs,
});

const partFields = {
  upload_id: uploadId.describe("upload_id of the prepared upload"),
  part_index: z.int().min(0).max(100_000).describe("index of the part as it was given"),
  block_size: byteCount(mediaLimits.file.hardBytes).describe("Real bytes of this part, as text"),
  md5: md5.describe("MD5 of this part, hex"),
};

const partDone = z.looseObject({ upload_id: z.string(), part_index: z.number() });
const partAnswer = (_: unknown, input: { upload_id: string; part_index: number }) => ({
  upload_id: input.upload_id,
  part_index: input.part_index,
});

export const finishC2cUploadPart = defineCall({
  name: "finish_c2c_upload_part",
  title: "Report a part of a chunked upload for a private chat (raw call) (单聊分片上传完成)",
  summary:
    "After the PUT of a part. 40093001 means that it is still being stored: repeat every second until retry_timeout is over.",
  toolset: "media",
  permission: "send",
  scope: { c2c: "user_id" },
  idempotent: true,
  service: "bot",
  method: "POST",
  path: "/v2/users/{user_id}/upload_part_finish",
  input: z.strictObject({ user_id: userOpenid, ...partFields }),
  output: partDone,
  decode: partAnswer,
  docs,
});

export const finishGroupUploadPart = defineCall({
  name: "finish_group_upload_part",
  title: "Report a part of a chunked upload for a group (raw call) (群聊分片上传完成)",
  summary:
    "After the PUT of a part. 40093001 means that it is still being stored: repeat every second until retry_timeout is over.",
  toolset: "media",
  permission: "send",
  scope: { group: "group_id" },
  idempotent: true,
  service: "bot",
  method: "POST",
  path: "/v2/groups/{group_id}/upload_part_finish",
  input: z.strictObject({ group_id: groupOpenid, ...partFields }),
  output: partDone,
  decode: partAnswer,
  docs,
});

const routes = { c2c: "/v2/users/{user_openid}/files", group: "/v2/groups/{group_openid}/files" } as const;

const noGuildUpload =
  "c2c or group; guilds take no uploads: send a picture there with image_url of send_message, anything else as text";

export const uploadMedia = defineAction({
  name: "upload_media",
  title: "Upload media (上传富媒体)",
  summary: "Upload media by url or path; then send its file_info there.",
  toolset: "media",
  permission: "send",
  scope: { conversation: { scene: "scene", id: "id" } },
  listed: true,
  input: z.strictObject({
    scene: z.enum(["c2c", "group"], { error: noGuildUpload }).describe("Target"),
    id: userOpenid.describe("Its openid"),
    url: publicUrl.optional().describe("Public address"),
    path: z.string().min(1).max(4096).optional().describe("Or local file"),
    file_type: fileType.optional().describe("1 image, 2 video, 3 voice, 4 file"),
    file_name: fileName.optional().describe("Shown name"),
  }),
  listedFields: ["scene", "id", "url", "path", "file_type"],
  output: answer,
  docs,
  async run(context, input, signal) {
    const { scene, id, url, path, file_type } = input;
    if ((url === undefined) === (path === undefined))
      throw new InputError("url", "exactly one of url and path is needed");
    if (url !== undefined) return uploadByUrl(context, { ...input, url }, signal);
    const file = await context.readFile(path ?? "");
    const name = input.file_name ?? file.name;
    return context.uploads.upload({ scene, id, name, bytes: file.bytes, fileType: file_type }, signal);
  },
});

async function uploadByUrl(
  context: OperationContext,
  input: {
    scene: "c2c" | "group";
    id: string;
    url: string;
    file_type?: number | undefined;
    file_name?: string | undefined;
  },
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { scene, id, url, file_type, file_name } = input;
  if (file_type === undefined)
    throw new InputError("file_type", "file_type is needed with url", { expected: "1, 2, 3 or 4" });
  const template = routes[scene];
  const path = template.replace(/\{\w+\}/, encodeURIComponent(id));
  const body = { file_type, url, ...(file_name === undefined ? {} : { file_name }), srv_send_msg: false };
  const request = { service: "bot", method: "POST", template, path, repeatable: true, body } as const;
  return (await context.rest.request(request, signal)).data;
}
