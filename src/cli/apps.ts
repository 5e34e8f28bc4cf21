import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import { InputError } from "../core/errors.ts";
import type { LoginApp, MiniApp, ProjectFile } from "../operations/login-app.ts";
import type { RestService } from "../rest/client.ts";
import { connectDialect, miniDialect } from "../rest/dialect.ts";
import { createMiniTokenSource } from "../rest/mini-token.ts";
import type { RestClient } from "../rest/request.ts";
import type { Store } from "../store/store.ts";

/** QQ login and the mini program beside the bot: their services for the REST client, and their ports. */
export interface Apps {
  services: { connect: RestService; mini: RestService };
  connect: LoginApp;
  mini: MiniApp;
}

interface AppsOptions {
  clock: Clock;
  rest: () => RestClient;
  store: () => Store;
}

export function openApps(config: Config, { clock, rest, store }: AppsOptions): Apps {
  const token = createMiniTokenSource({ rest, clock });
  return {
    services: {
      connect: {
        baseUrl: config.connectBase,
        setting: "QQ_CONNECT_BASE",
        dialect: connectDialect,
        credentials: {
          client_id: { value: config.connectAppId, setting: "QQ_CONNECT_APP_ID" },
          client_secret: { value: config.connectAppKey, setting: "QQ_CONNECT_APP_KEY" },
        },
      },
      mini: {
        baseUrl: config.miniBase,
        setting: "QQ_MINI_BASE",
        dialect: miniDialect,
        authorize: token,
        credentials: {
          appid: { value: config.miniAppId, setting: "QQ_MINI_APP_ID" },
          secret: { value: config.miniAppSecret, setting: "QQ_MINI_APP_SECRET" },
        },
      },
    },
    connect: {
      appId: config.connectAppId,
      base: config.connectBase,
      redirectUri: config.connectRedirectUri,
      logins: () => store().logins,
    },
    mini: {
      appId: config.miniAppId,
      token,
      sessions: () => store().miniSessions,
      ...codeImages(config),
      listProject: (folder) => listProject(folder, config.files),
    },
  };
}

/** Images of codes under the data folder: an app has 50 in all, so that none may be made twice. */
function codeImages(config: Config): Pick<MiniApp, "findCode" | "keepCode"> {
  const folder = join(config.home, "mini-codes");
  const pathOf = (page: string) => {
    const name = createHash("sha256").update(page).digest("hex").slice(0, 24);
    return join(folder, `${config.miniAppId ?? "none"}-${name}.png`);
  };
  return {
    async findCode(page) {
      const path = pathOf(page);
      const bytes = await readFile(path).catch(() => undefined);
      return bytes && { path, bytes };
    },
    async keepCode(page, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(pathOf(page), bytes, { mode: 0o600 });
      return pathOf(page);
    },
  };
}

const skippedFolders = new Set(["node_modules", ".git", ".svn", ".idea", ".vscode"]);
const mostFiles = 20_000;

async function listProject(folder: string, roots: readonly string[]): Promise<ProjectFile[]> {
  const remedy = "Name a folder inside one of QQ_SKILL_FILES.";
  const real = await realpath(resolve(folder)).catch(() => undefined);
  if (!real || !(await stat(real)).isDirectory())
    throw new InputError("project_dir", "there is no folder at that path", { remedy });
  const allowed = await Promise.all(roots.map((root) => realpath(resolve(root)).catch(() => undefined)));
  if (!allowed.some((root) => root !== undefined && (real === root || real.startsWith(root + sep)))) {
    throw new InputError("project_dir", "the folder is not in an allowed place", { remedy });
  }
  const files: ProjectFile[] = [];
  const open = [real];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const entry of await readdir(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) open.push(path);
      // Links are left out: they could lead anywhere.
      if (!entry.isFile()) continue;
      if (files.length >= mostFiles) throw new InputError("project_dir", `the folder has more than ${mostFiles} files`);
      const name = relative(real, path).split(sep).join("/");
      files.push({ path: name, bytes: (await stat(path)).size, read: () => readFile(path, "utf8") });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
