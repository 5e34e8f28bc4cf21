import { ApiError } from "../core/errors.ts";

/** Stops the handling of a call: the server turns it into the error body of the API's generation. */
export function refuse(code: number, message: string, status = 400): never {
  throw new ApiError(message, { service: "emulator", method: "", path: "", status, qqCode: code });
}

/** Too many or too long: the body carries the limit. */
export function refuseOver(code: number, limit: number, message: string): never {
  throw new ApiError(message, {
    service: "emulator",
    method: "",
    path: "",
    status: 400,
    qqCode: code,
    cause: { limit },
  });
}

/** Body of a refusal: `/v2/` paths say `err_code` and `trace_id`, the older ones only `code`. */
export function errorBody(path: string, traceId: string, { code, message }: { code: number; message: string }): object {
  return path.startsWith("/v2/") ? { message, code, err_code: code, trace_id: traceId } : { code, message };
}
