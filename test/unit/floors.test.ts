import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

interface Room {
  /** Rooms whose values may be imported. */
  rooms: readonly string[];
  /** Rooms of which only types may be imported. */
  types?: readonly string[];
  packages: readonly string[];
}

/** Who may import whom: the house rules as data. `*` = everything below. */
const house: Record<string, Room> = {
  core: { rooms: [], packages: ["pino"] },
  protocol: { rooms: ["core"], packages: ["zod"] },
  config: { rooms: ["core", "protocol"], packages: ["zod"] },
  rest: { rooms: ["core", "protocol"], packages: ["undici", "file-type"] },
  events: { rooms: ["core", "protocol"], packages: ["ws", "hono", "@hono/node-server"] },
  store: { rooms: ["core", "protocol"], packages: [] },
  engine: { rooms: ["core", "protocol"], packages: [] },
  operations: { rooms: ["core", "protocol"], types: ["rest", "store", "events", "delivery"], packages: ["zod"] },
  delivery: { rooms: ["core", "protocol"], types: ["rest", "store"], packages: ["marked"] },
  agent: { rooms: ["core"], packages: ["openai", "@modelcontextprotocol/sdk"] },
  mcp: { rooms: ["core", "operations"], packages: ["@modelcontextprotocol/sdk", "@hono/node-server", "zod"] },
  bot: {
    rooms: ["core", "protocol", "operations", "agent"],
    types: ["events", "store", "engine", "delivery"],
    packages: ["@opentelemetry/api", "croner", "zod"],
  },
  emulator: { rooms: ["core", "protocol"], packages: ["ws", "hono", "@hono/node-server", "zod"] },
  live: { rooms: ["core", "protocol"], packages: ["zod"] },
  scenario: { rooms: ["core", "protocol"], packages: ["yaml", "zod"] },
  "emulator/page": {
    rooms: ["protocol"],
    types: ["core"],
    packages: ["preact", "@preact/signals", "marked", "dompurify", "virtua"],
  },
  cli: { rooms: ["*"], packages: ["commander", "@clack/prompts", "qrcode-terminal", "https-proxy-agent"] },
  index: { rooms: ["*"], packages: [] },
};

/** Pure data tables may be longer than 400 lines. */
const dataTables = ["protocol/error-codes-data.ts", "store/migrations.ts"];
/** One adapter file per package and room; these three are at home everywhere in theirs. */
const commonPackages = ["zod", "ws", "hono", "preact", "@preact/signals"];

const root = resolve(import.meta.dirname, "../../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  // The templates are other people's bots to be.
  .filter((name) => /\.(ts|tsx|cts)$/.test(name) && !name.endsWith(".d.ts") && !name.startsWith("templates"))
  .map((name) => name.split(sep).join("/"));

interface Import {
  from: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export) (type )?([\w$*{}\s,]+?) from ["']([^"']+)["']/gm)) {
    const names = (match[2] ?? "").split(/[{},]/).map((name) => name.trim());
    const typeOnly = match[1] !== undefined || names.filter(Boolean).every((name) => name.startsWith("type "));
    found.push({ from: file, target: match[3] as string, typeOnly });
  }
  for (const match of text.matchAll(/^import ["']([^"']+)["']/gm)) {
    found.push({ from: file, target: match[1] as string, typeOnly: false });
  }
  for (const match of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g))
    found.push({ from: file, target: match[1] as string, typeOnly: false });
  return found;
}

const imports = files.flatMap(importsOf);

function roomOf(file: string): string {
  if (file.startsWith("emulator/page/")) return "emulator/page";
  return file.includes("/") ? (file.split("/")[0] as string) : file.replace(/\.c?tsx?$/, "");
}

function local(edge: Import): string | undefined {
  return edge.target.startsWith(".")
    ? relative(root, resolve(dirname(join(root, edge.from)), edge.target))
        .split(sep)
        .join("/")
    : undefined;
}

function packageOf(edge: Import): string | undefined {
  if (edge.target.startsWith(".") || edge.target.startsWith("node:") || builtinModules.includes(edge.target))
    return undefined;
  return edge.target
    .split("/")
    .slice(0, edge.target.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("the house", () => {
  it("knows every room", () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in house))).toEqual([]);
  });

  it("lets calls go down only", () => {
    const breaches = imports.filter((edge) => {
      const target = local(edge);
      if (!target || target.startsWith("..")) return false;
      const [from, to] = [roomOf(edge.from), roomOf(target)];
      const rules = house[from] as Room;
      if (from === to || rules.rooms.includes("*") || rules.rooms.includes(to)) return false;
      return !(edge.typeOnly && rules.types?.includes(to));
    });
    expect(breaches.map((edge) => `${edge.from} -> ${edge.target}`)).toEqual([]);
  });

  it("keeps each package in its rooms, and in one file there", () => {
    const users = new Map<string, Set<string>>();
    const breaches: string[] = [];
    for (const edge of imports) {
      const name = packageOf(edge);
      if (!name || edge.typeOnly) continue;
      const room = roomOf(edge.from);
      if (!(house[room] as Room).packages.includes(name)) breaches.push(`${edge.from} -> ${name}`);
      const key = `${room}: ${name}`;
      users.set(key, (users.get(key) ?? new Set()).add(edge.from));
    }
    for (const [key, set] of users) {
      if (set.size > 1 && !commonPackages.some((name) => key.endsWith(`: ${name}`)))
        breaches.push(`${key} is imported by ${[...set].join(", ")}`);
    }
    expect(breaches).toEqual([]);
  });

  it("has no import cycle", () => {
    const graph = new Map<string, string[]>();
    for (const edge of imports) {
      const target = local(edge);
      if (target && !edge.typeOnly) graph.set(edge.from, [...(graph.get(edge.from) ?? []), target]);
    }
    const done = new Set<string>();
    const walk = (file: string, path: string[]): string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const next of graph.get(file) ?? []) {
        const cycle = walk(next, [...path, file]);
        if (cycle) return cycle;
      }
      done.add(file);
      return undefined;
    };
    for (const file of files) expect(walk(file, [])?.join(" -> ")).toBeUndefined();
  });

  it("has no file over 400 lines, no vague name, no deep folder", () => {
    const long = files.filter(
      (file) => !dataTables.includes(file) && readFileSync(join(root, file), "utf8").split("\n").length > 401,
    );
    expect(long).toEqual([]);
    expect(files.filter((file) => /(^|\/)(utils|helpers|types|common)\.tsx?$/.test(file))).toEqual([]);
    expect(files.filter((file) => file.includes("/") && /\/index\.tsx?$/.test(file))).toEqual([]);
    expect(files.filter((file) => file.split("/").length > 3)).toEqual([]);
  });

  it("reads the environment and writes to stdout in the command only", () => {
    const offenders = files.filter((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return (
        roomOf(file) !== "cli" &&
        /process\.env|process\.stdout|console\.log/.test(text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, ""))
      );
    });
    expect(offenders).toEqual([]);
  });

  it("is described room by room", () => {
    const map = readFileSync(join(root, "README.md"), "utf8");
    for (const room of Object.keys(house))
      expect(map, room).toContain(`\`${room === "index" ? "index.ts" : `${room}/`}\``);
  });
});
