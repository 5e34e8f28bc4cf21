#!/usr/bin/env node
// CommonJS and without imports, so that even an old Node gets this far and can say what is wrong.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `qq-skill 需要 Node.js 22.19 或更高版本(现在是 ${process.versions.node}) / qq-skill needs Node.js 22.19 or newer (this is ${process.versions.node}): https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  require("node:module").enableCompileCache?.();
  import("./main.js").catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
}
