import { z } from "zod";

/** Address of a page about a server interface of the mini program. */
export function miniDocs(page: string): string {
  return `https://q.qq.com/wiki/develop/miniprogram/server/open_port/${page}.html`;
}

export const page = z
  .string()
  .max(1024)
  .regex(/^[^/\s]\S*$/, "a page of the app without a leading slash")
  .describe("Page of the app with its query, without a leading slash; none is the home page");

export const openid = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/)
  .describe("openid of the person for this mini program");

export const sessionFields = {
  session_ref: z
    .string()
    .regex(/^session_[\w-]{8,64}$/)
    .optional()
    .describe("Handle of mini_code2session"),
  session_key: z.string().min(16).max(64).optional().describe("Or the key itself, base64, if your own server keeps it"),
};
