import { type Context, Hono } from "hono";
import type { Platform } from "./platform.ts";
import { hexOf, type PendingUpload, type UploadPart } from "./uploads.ts";

const prefix = "/_objects";

/** The signed address of a part, at the store that stands in for the platform's. */
export function signedAddress(platform: Platform, upload: PendingUpload, part: UploadPart): string {
  const query = `partNumber=${part.index}&uploadId=${upload.uploadId}&sign=${part.signature}`;
  return `${platform.url}${prefix}/${upload.uploadId}/${part.index}?${query}`;
}

/**
 * The file store behind chunked uploads: another service than the bot API, with its own refusals (XML, no trace id). It
 * takes one PUT of exactly the signed part, and no credentials but the address.
 */
export function objectStoreApp(platform: Platform): Hono {
  const app = new Hono().basePath(prefix);
  app.put("/:upload/:part", async (c) => {
    const upload = platform.uploads.find(c.req.param("upload"));
    const part = upload?.parts.find(({ index }) => String(index) === c.req.param("part"));
    if (!upload || !part) return refuse(c, 404, "NoSuchUpload");
    if (c.req.header("authorization") !== undefined) return refuse(c, 400, "InvalidArgument");
    if (c.req.query("sign") !== part.signature) return refuse(c, 403, "SignatureDoesNotMatch");
    if (platform.clock.now() > upload.expiresAt) return refuse(c, 403, "AccessDenied");
    const length = c.req.header("content-length");
    if (length === undefined) return refuse(c, 411, "MissingContentLength");
    if (Number(length) !== part.size) return refuse(c, 400, "EntitySizeNotMatch");
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (part.failuresLeft > 0) {
      part.failuresLeft -= 1;
      return refuse(c, 503, "SlowDown");
    }
    if (bytes.length !== part.size) return refuse(c, 400, "IncompleteBody");
    part.bytes = bytes;
    return c.body(null, 200, { etag: `"${hexOf("md5", bytes)}"` });
  });
  app.all("/*", (c) => refuse(c, 405, "MethodNotAllowed"));
  return app;
}

function refuse(c: Context, status: 400 | 403 | 404 | 405 | 411 | 503, code: string): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`;
  return c.body(body, status, { "content-type": "application/xml" });
}
