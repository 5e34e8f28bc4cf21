import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { strToU8, zipSync } from "fflate";

/**
 * A registry of skills as the common installer's client speaks to one, on this machine and in memory. What it answers
 * was seen on the wire of that client (0.23); errors are plain text, and permanent ones are 4xx so that nothing is retried.
 */
interface SkillFile {
  path: string;
  sha256: string;
  bytes: Buffer;
}

interface Release {
  version: string;
  createdAt: number;
  changelog: string;
  files: SkillFile[];
}

interface Listed {
  slug: string;
  displayName: string;
  releases: Release[];
  moderation: Record<string, boolean> | null;
}

export interface Registry {
  origin: string;
  requests: string[];
  /** What a review decided, such as `{ isSuspicious: true }`. */
  moderate(slug: string, moderation: Record<string, boolean>): void;
  close(): void;
}

const owner = { handle: "tester" };
const token = "clh_test";

export async function startRegistry(): Promise<Registry> {
  const skills = new Map<string, Listed>();
  const uploads = new Map<string, Buffer>();
  const requests: string[] = [];

  const routes: readonly [RegExp, (call: Call) => unknown][] = [
    [/^GET \/api\/v1\/whoami$/, () => ({ user: { ...owner, displayName: "Tester", role: "user" } })],
    [/^GET \/api\/v1\/resolve$/, ({ query }) => resolve(known(query("slug")), query("hash"))],
    [/^POST \/api\/v1\/skills\/-\/upload-url$/, () => ticket()],
    [/^POST \/upload\/([\w-]+)$/, ({ words: [id = ""], body }) => take(id, body)],
    [/^POST \/api\/v1\/skills$/, ({ body }) => publish(JSON.parse(body.toString()))],
    [/^GET \/api\/v1\/skills\/([\w-]+)$/, ({ words: [slug = ""] }) => detail(known(slug))],
    [/^GET \/api\/v1\/skills\/([\w-]+)\/versions\/([\w.-]+)$/, ({ words: [slug = "", v = ""] }) => one(known(slug), v)],
    [/^GET \/api\/v1\/download$/, ({ query }) => zipOf(known(query("slug")), query("version"))],
    [/^GET \/api\/v1\/search$/, ({ query }) => ({ results: search(query("q")) })],
    [/^POST \/api\/cli\/telemetry\/install$/, () => ({ ok: true })],
  ];

  function known(slug: string): Listed {
    const skill = skills.get(slug);
    if (!skill) throw new Refusal(404, "Skill not found");
    return skill;
  }

  function ticket() {
    const id = randomUUID();
    return { uploadUrl: `${origin}/upload/${id}`, uploadTicket: id };
  }

  function take(id: string, body: Buffer) {
    uploads.set(id, body);
    return { storageId: id };
  }

  function publish(order: {
    slug: string;
    displayName: string;
    version: string;
    changelog: string;
    acceptLicenseTerms: boolean;
    files: { path: string; size: number; storageId: string; sha256: string }[];
  }) {
    if (!order.acceptLicenseTerms) throw new Refusal(400, "the license terms were not accepted");
    const skill = skills.get(order.slug) ?? { slug: order.slug, displayName: "", releases: [], moderation: null };
    if (skill.releases.some(({ version }) => version === order.version)) throw new Refusal(409, "version exists");
    const files = order.files.map(({ path, size, storageId, sha256 }) => {
      const bytes = uploads.get(storageId);
      if (bytes?.length !== size || sha256Of(bytes) !== sha256)
        throw new Refusal(400, `${path}: other bytes than said`);
      return { path, sha256, bytes };
    });
    skill.displayName = order.displayName;
    skill.releases.push({ version: order.version, changelog: order.changelog, createdAt: Date.now(), files });
    skills.set(order.slug, skill);
    return { ok: true, skillId: order.slug, versionId: order.version, publicationStatus: "published" };
  }

  function search(words: string) {
    return [...skills.values()]
      .filter(({ slug, displayName }) => `${slug} ${displayName}`.includes(words))
      .map((skill) => ({ ...summary(skill), score: 1, ownerHandle: owner.handle, version: latest(skill).version }));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : 400;
      response.writeHead(status, { "content-type": "text/plain" }).end(String((error as Error).message));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    const line = `${request.method} ${url.pathname}`;
    requests.push(line);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (line.includes("whoami") && request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, "no");
    for (const [pattern, route] of routes) {
      const match = pattern.exec(line);
      if (!match) continue;
      const query = (name: string) => url.searchParams.get(name) ?? "";
      const result = route({ words: match.slice(1), query, body: Buffer.concat(chunks) });
      const isZip = result instanceof Uint8Array;
      response.writeHead(200, { "content-type": isZip ? "application/zip" : "application/json" });
      response.end(isZip ? result : JSON.stringify(result));
      return;
    }
    throw new Refusal(404, `no route for ${line}`);
  }

  await new Promise<void>((resolveListening) => server.listen(0, "127.0.0.1", resolveListening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    requests,
    moderate: (slug, moderation) => {
      known(slug).moderation = moderation;
    },
    close: () => server.close(),
  };
}

interface Call {
  words: string[];
  query(name: string): string;
  body: Buffer;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function latest({ releases }: Listed): Release {
  return releases.at(-1) as Release;
}

function summary({ slug, displayName, releases }: Listed) {
  const [first] = releases as [Release];
  const { version, createdAt } = releases.at(-1) as Release;
  return {
    slug,
    displayName,
    summary: "",
    tags: { latest: version },
    stats: {},
    createdAt: first.createdAt,
    updatedAt: createdAt,
  };
}

function detail(skill: Listed) {
  const { version, createdAt, changelog } = latest(skill);
  const { moderation } = skill;
  const latestVersion = { version, createdAt, changelog, license: "MIT-0" };
  return { skill: summary(skill), latestVersion, metadata: null, owner, moderation };
}

function one(skill: Listed, version: string) {
  const found = skill.releases.find((release) => release.version === version);
  if (!found) throw new Refusal(404, "Version not found");
  const { createdAt, changelog, files } = found;
  const listed = files.map(({ path, sha256, bytes }) => ({ path, sha256, size: bytes.length }));
  return { version: { version, createdAt, changelog, license: "MIT-0", files: listed }, skill: summary(skill) };
}

/** The fingerprint of a release: its paths and digests, in the order of the client's locale. */
function fingerprint({ files }: Release): string {
  const sorted = files.toSorted((left, right) => left.path.localeCompare(right.path));
  const lines = sorted.map(({ path, sha256 }) => `${path}:${sha256}`);
  return sha256Of(Buffer.from(lines.join("\n")));
}

function resolve(skill: Listed, hash: string) {
  const match = skill.releases.find((release) => fingerprint(release) === hash);
  return { match: match ? { version: match.version } : null, latestVersion: { version: latest(skill).version } };
}

function zipOf(skill: Listed, version: string): Uint8Array {
  const release = skill.releases.find((candidate) => candidate.version === version) ?? latest(skill);
  const meta = { ownerId: owner.handle, slug: skill.slug, version: release.version, publishedAt: release.createdAt };
  const entries = release.files.map(({ path, bytes }) => [path, new Uint8Array(bytes)] as const);
  return zipSync({ ...Object.fromEntries(entries), "_meta.json": strToU8(JSON.stringify(meta)) });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
