import { readFileSync } from "node:fs";

declare const __VERSION__: string | undefined;

/** The version of package.json: put in by the build, read from the file when run from source. */
export function version(): string {
  if (typeof __VERSION__ === "string") return __VERSION__;
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
