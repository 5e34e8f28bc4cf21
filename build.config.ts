import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as bundle, type Plugin } from "esbuild";
import { build as buildPage } from "vite";
import type { Operation } from "./src/operations/operation.ts";
import { storeRow } from "./src/operations/row.ts";

/**
 * Makes everything that the command needs in `dist/`: the launcher, the command (one chunk per subcommand), the chat
 * page, the templates of new bots, the licenses of what is bundled; with `--library` also the library and its types. `--if-stale` does nothing when the output is newer than every source.
 */
const dist = join(import.meta.dirname, "dist");
const version = (JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8")) as { version: string })
  .version;

function newest(path: string): number {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  const inside = readdirSync(path, { recursive: true, encoding: "utf8" }).map(
    (name) => statSync(join(path, name)).mtimeMs,
  );
  return Math.max(0, ...inside);
}

function isFresh(): boolean {
  const sources = ["src", "package.json", "package-lock.json", "build.config.ts", "vite.config.ts"];
  const built = join(dist, "qq-skill.cjs");
  return (
    existsSync(built) &&
    statSync(built).mtimeMs > Math.max(...sources.map((name) => newest(join(import.meta.dirname, name))))
  );
}

/** Puts rows as data, and families that are loaded when called, in the place of `operations/catalogue.ts`. */
const storedCatalogue: Plugin = {
  name: "stored-catalogue",
  setup(build) {
    build.onLoad({ filter: /[/\\]operations[/\\]catalogue\.ts$/ }, async ({ path }) => ({
      contents: await storeCatalogue(dirname(path)),
      resolveDir: dirname(path),
    }));
  },
};

/** `import { z }` takes all of zod along, fifty languages included; as a namespace only what is used. */
const zodNamespace: Plugin = {
  name: "zod-namespace",
  setup(build) {
    build.onLoad({ filter: /[/\\]src[/\\].+\.ts$/, namespace: "file" }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = source.replace('import { z } from "zod";', 'import * as z from "zod";');
      return contents === source ? undefined : { contents, loader: "ts" };
    });
  },
};

async function storeCatalogue(folder: string): Promise<string> {
  const { operations } = (await import("./src/operations/all.ts")) as { operations: readonly Operation[] };
  const families = new Map<unknown, string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "catalogue.ts")) {
    for (const value of Object.values((await import(pathToFileURL(join(folder, file)).href)) as object))
      families.set(value, file);
  }
  const rows = operations.map((operation) => {
    const load = `() => import("./${families.get(operation)}")`;
    return `restoreRow(${JSON.stringify(storeRow(operation))}, ${load})`;
  });
  return `import { restoreRow } from "./row.ts";\nexport const catalogue = [\n${rows.join(",\n")}\n];\n`;
}

async function buildAll(): Promise<void> {
  // Made beside and put in place at once: a program that runs from the old output meanwhile goes on.
  const work = join(import.meta.dirname, "build", `dist-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const common = {
    absWorkingDir: import.meta.dirname,
    platform: "node",
    target: "node22",
    define: { __VERSION__: JSON.stringify(version) },
  } as const;
  const isLibrary = process.argv.includes("--library");
  const [, { metafile }] = await Promise.all([
    buildPage({
      configFile: join(import.meta.dirname, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: join(work, "page") },
    }),
    bundle({
      ...common,
      entryPoints: { main: "src/cli/main.ts", ...(isLibrary ? { "lib/index": "src/index.ts" } : {}) },
      metafile: true,
      outdir: work,
      bundle: true,
      splitting: true,
      format: "esm",
      chunkNames: "chunks/[name]-[hash]",
      legalComments: "none",
      // Half of it is other people's. keepNames: a stack still says where.
      minifyWhitespace: true,
      minifySyntax: true,
      minifyIdentifiers: true,
      keepNames: true,
      plugins: [storedCatalogue, zodNamespace],
      // CommonJS packages inside the bundle ask for Node's own modules through require.
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
    }),
  ]);
  await bundle({
    ...common,
    entryPoints: { "qq-skill": "src/cli/launcher.cts" },
    outdir: work,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  });
  if (process.platform !== "win32") chmodSync(join(work, "qq-skill.cjs"), 0o755);
  if (isLibrary) buildTypes(join(work, "lib"));
  cpSync(join(import.meta.dirname, "src/templates"), join(work, "templates"), { recursive: true });
  writeFileSync(join(work, "third-party-licenses.txt"), licensesOf(Object.keys(metafile.inputs)));
  const old = `${work}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(work, dist);
  rmSync(old, { recursive: true, force: true });
}

function buildTypes(outDir: string): void {
  const compiler = join(import.meta.dirname, "node_modules/typescript/bin/tsc");
  const result = spawnSync(process.execPath, [compiler, "-p", "tsconfig.lib.json", "--outDir", outDir], {
    cwd: import.meta.dirname,
    stdio: "inherit",
  });
  if (result.status !== 0) process.exit(1);
}

/** What the bundled packages want to be told with every copy. */
function licensesOf(inputs: readonly string[]): string {
  const folders = inputs.map((input) => input.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]);
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].sort();
  return packages
    .map((folder) => {
      const home = join(import.meta.dirname, folder);
      const facts = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as Record<string, string>;
      const file = readdirSync(home).find((name) => /^(licen[cs]e|copying)/i.test(name));
      const text = file ? readFileSync(join(home, file), "utf8").trim() : `License: ${facts.license}`;
      return `${facts.name} ${facts.version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

if (!(process.argv.includes("--if-stale") && isFresh())) {
  const startedAt = Date.now();
  await buildAll();
  process.stderr.write(`built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}
