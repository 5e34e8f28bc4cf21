import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { groupOpenid, userOpenid } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { defineAction, defineCall } from "./operation.ts";

const docs = docsPage("message/send-receive/rich-media");

const fileType = z.literal([1, 2, 3, 4]).describe("1 image, 2 video, 3 voice, 4 file");
const publicUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .describe("Public http(s) address; the platform downloads it");
const fileName = z.string().min(1).max(255).describe("Name shown to people, for files");

const uploadFields = {
  file_type: fileType,
  url: publicUrl,
  srv_send_msg: z
    .boolean()
    .default(false)
    .describe("true sends it at once as an active message; leave false and send file_info"),
  file_name: fileName.optional(),
};

const answer = z.looseObject({
  file_info: z.string().describe("For send_message to the same scene"),
  file_uuid: z.string().optional(),
  ttl: z.number().optional().describe("Seconds that file_info lives; 0 = long"),
  id: z.string().optional().describe("Message id, with srv_send_msg"),
});

export const uploadC2cMedia = defineCall({
  name: "upload_c2c_media",
  title: "Upload for a private chat (raw call)",
  summary: "Have the platform fetch a file by address for private chats; its file_info cannot be used in groups.",
  toolset: "media",
  permission: "send",
  scope: { c2c: "user_openid" },
  service: "bot",
  method: "POST",
  path: "/v2/users/{user_openid}/files",
  input: z.strictObject({ user_openid: userOpenid, ...uploadFields }),
  output: answer,
  docs,
});

export const uploadGroupMedia = defineCall({
  name: "upload_group_media",
  title: "Upload for a group (raw call)",
  summary: "Have the platform fetch a file by address for groups; its file_info cannot be used in private chats.",
  toolset: "media",
  permission: "send",
  scope: { group: "group_openid" },
  service: "bot",
  method: "POST",
  path: "/v2/groups/{group_openid}/files",
  input: z.strictObject({ group_openid: groupOpenid, ...uploadFields }),
  output: answer,
  docs,
});

const routes = { c2c: "/v2/users/{user_openid}/files", group: "/v2/groups/{group_openid}/files" } as const;

export const uploadMedia = defineAction({
  name: "upload_media",
  title: "Upload media",
  summary: "Upload media by url or path; then send its file_info there.",
  toolset: "media",
  permission: "send",
  scope: { conversation: { scene: "scene", id: "id" } },
  listed: true,
  input: z.strictObject({
    scene: z.enum(["c2c", "group"]).describe("Target"),
    id: userOpenid.describe("Its openid"),
    url: publicUrl.optional().describe("Public address"),
    path: z.string().min(1).max(4096).optional().describe("Or local file"),
    file_type: fileType.optional().describe("1 image, 2 video, 3 voice, 4 file"),
    file_name: fileName.optional().describe("Shown name"),
  }),
  output: answer,
  docs,
  async run(context, input, signal) {
    const { scene, id, url, path } = input;
    if ((url === undefined) === (path === undefined))
      throw new InputError("url", "exactly one of url and path is needed");
    if (url !== undefined && input.file_type === undefined)
      throw new InputError("file_type", "file_type is needed with url", { expected: "1, 2, 3 or 4" });
    const file = path === undefined ? undefined : await context.readFile(path);
    const body = {
      ...(input.file_type === undefined ? {} : { file_type: input.file_type }),
      ...(url === undefined ? {} : { url }),
      ...(input.file_name === undefined ? {} : { file_name: input.file_name }),
      srv_send_msg: false,
    };
    const template = routes[scene];
    const response = await context.rest.request(
      {
        ...{ service: "bot", method: "POST", template, repeatable: true, body },
        path: template.replace(/\{\w+\}/, encodeURIComponent(id)),
        ...(file ? { file } : {}),
      },
      signal,
    );
    return response.data;
  },
});
