import { isRecord } from "../core/json.ts";
import type { ProjectFile } from "./login-app.ts";

interface Problem {
  level: "error" | "warning";
  file: string;
  text: string;
}

const knownKeys = new Set([
  ...["pages", "window", "tabBar", "networkTimeout", "debug", "subpackages", "subPackages", "preloadRule", "workers"],
  ...["requiredBackgroundModes", "navigateToMiniProgramAppIdList", "groupIdList", "publicIdList", "permission"],
  ...["darkmode", "resizable"],
]);
const megabyte = 1024 * 1024;
const packageLimit = 2 * megabyte;
const totalLimit = 24 * megabyte;
/** Only so much of a script is looked into. */
const longestScript = 4 * megabyte;

/** Everything that can be told from the files alone. Source: configuration and network pages of the mini program. */
export async function checkProject(files: readonly ProjectFile[], appId: string | undefined) {
  const problems: Problem[] = [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const app = await readJson(byPath, "app.json", problems);
  if (!byPath.has("app.js")) problems.push({ level: "error", file: "app.js", text: "app.js is missing" });
  const packages = app ? subpackagesOf(app, problems) : [];
  const pages = app ? checkApp(app, problems) : [];
  const subpages = packages.flatMap(({ root, pages: own }) => own.map((page) => `${root}/${page}`));
  for (const page of pages) checkPage(byPath, page, { isSubpage: false, problems });
  for (const page of subpages) checkPage(byPath, page, { isSubpage: true, problems });
  const config = await checkConfig(byPath, appId, problems);
  await checkScripts(files, problems);
  return {
    ok: !problems.some(({ level }) => level === "error"),
    problems,
    ...(app ? { app_json: { pages: pages.length, subpackages: packages.length } } : {}),
    package_sizes: measure(files, packages, problems),
    ...(config ? { config } : {}),
  };
}

async function readJson(
  files: ReadonlyMap<string, ProjectFile>,
  path: string,
  problems: Problem[],
): Promise<Record<string, unknown> | undefined> {
  const file = files.get(path);
  if (!file) {
    problems.push({ level: "error", file: path, text: `${path} is missing` });
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(await file.read());
    if (isRecord(value)) return value;
    problems.push({ level: "error", file: path, text: "must hold one JSON object" });
  } catch (error) {
    problems.push({ level: "error", file: path, text: `is not valid JSON: ${(error as Error).message.slice(0, 120)}` });
  }
  return undefined;
}

function checkApp(app: Record<string, unknown>, problems: Problem[]): string[] {
  const add = (level: Problem["level"], text: string) => problems.push({ level, file: "app.json", text });
  const pages = strings(app.pages);
  if (pages.length === 0) add("error", "pages must name at least one page");
  if (new Set(pages).size < pages.length) add("error", "pages names a page twice");
  for (const key of Object.keys(app)) if (!knownKeys.has(key)) add("warning", `${key} is not a key that QQ knows`);
  const limits: [string, number][] = [
    ["groupIdList", 10],
    ["publicIdList", 1],
  ];
  for (const [key, most] of limits) {
    if (Array.isArray(app[key]) && app[key].length > most) add("error", `${key} may have ${most} at most`);
  }
  for (const [name, value] of Object.entries(isRecord(app.networkTimeout) ? app.networkTimeout : {})) {
    if (typeof value !== "number" || value > 60_000) add("error", `networkTimeout.${name} may be 60000 ms at most`);
  }
  const tabs = isRecord(app.tabBar) && Array.isArray(app.tabBar.list) ? app.tabBar.list : [];
  for (const tab of tabs) {
    const path = isRecord(tab) ? tab.pagePath : undefined;
    if (typeof path !== "string" || !pages.includes(path)) add("error", `tabBar: ${String(path)} is not among pages`);
  }
  return pages;
}

interface Subpackage {
  root: string;
  pages: string[];
}

function subpackagesOf(app: Record<string, unknown>, problems: Problem[]): Subpackage[] {
  const list = app.subpackages ?? app.subPackages ?? [];
  const rows = Array.isArray(list) ? list : [];
  return rows.flatMap((row: unknown): Subpackage[] => {
    const root = isRecord(row) && typeof row.root === "string" ? row.root.replace(/^\/+|\/+$/g, "") : "";
    if (root !== "") return [{ root, pages: strings(isRecord(row) ? row.pages : []) }];
    problems.push({ level: "error", file: "app.json", text: "a subpackage has no root" });
    return [];
  });
}

function checkPage(
  files: ReadonlyMap<string, ProjectFile>,
  page: string,
  { isSubpage, problems }: { isSubpage: boolean; problems: Problem[] },
): void {
  if (page.startsWith("/")) problems.push({ level: "error", file: "app.json", text: `${page}: no leading slash` });
  const has = (...ends: string[]) => ends.some((end) => files.has(`${page}.${end}`));
  if (!has("js", "ts")) problems.push({ level: "error", file: `${page}.js`, text: "the page has no script" });
  if (!has("qml", "wxml")) problems.push({ level: "error", file: `${page}.qml`, text: "the page has no template" });
  if (isSubpage && !has("json")) {
    problems.push({ level: "warning", file: `${page}.json`, text: "pages of subpackages need their own json" });
  }
}

async function checkConfig(files: ReadonlyMap<string, ProjectFile>, appId: string | undefined, problems: Problem[]) {
  const file = "project.config.json";
  const config = await readJson(files, file, problems);
  if (!config) return undefined;
  const { appid, qqappid, projectname } = config;
  const add = (level: Problem["level"], text: string) => problems.push({ level, file, text });
  if (!projectname) add("error", "projectname is missing");
  if (!appid && !qqappid) add("error", "appid is missing");
  if (!qqappid || (appid !== undefined && appid !== qqappid)) add("warning", "write appid and qqappid with one value");
  const own = qqappid ?? appid;
  if (own !== undefined && !/^\d+$/.test(String(own))) add("error", "the AppID of QQ is digits only (this one is not)");
  else if (appId !== undefined && own !== undefined && String(own) !== appId)
    add("warning", `it names another app than QQ_MINI_APP_ID (${appId})`);
  return { appid, qqappid, projectname };
}

/** What a client may never do: call the server API, or an address without a name and https. */
async function checkScripts(files: readonly ProjectFile[], problems: Problem[]): Promise<void> {
  for (const file of files) {
    if (!/\.(js|ts|qs|wxs)$/.test(file.path) || file.bytes > longestScript) continue;
    const text = await file.read();
    const add = (level: Problem["level"], words: string) => problems.push({ level, file: file.path, text: words });
    if (text.includes("api.q.qq.com")) add("error", "api.q.qq.com may only be called from a server");
    if (/\b(url|src)\s*:\s*["'`](http|ws):\/\//.test(text)) add("warning", "requests must use https or wss");
    if (/\b(url|src)\s*:\s*["'`](https|wss):\/\/(localhost|\d+\.\d+\.\d+\.\d+)/.test(text))
      add("warning", "requests must go to a filed domain, not to an IP or localhost");
  }
}

function measure(files: readonly ProjectFile[], packages: readonly Subpackage[], problems: Problem[]) {
  const sizes: Record<string, number> = { main: 0 };
  for (const { root } of packages) sizes[root] = 0;
  for (const { path, bytes } of files) {
    const owner = packages.find(({ root }) => path.startsWith(`${root}/`))?.root ?? "main";
    sizes[owner] = (sizes[owner] ?? 0) + bytes;
  }
  const total = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
  const text = (bytes: number) => `${(bytes / megabyte).toFixed(2)} MB`;
  for (const [name, bytes] of Object.entries(sizes)) {
    if (bytes > packageLimit)
      problems.push({ level: "error", file: name, text: `the package has ${text(bytes)}, 2 MB are allowed` });
  }
  if (total > totalLimit)
    problems.push({ level: "error", file: "app.json", text: `all packages have ${text(total)}, 24 MB are allowed` });
  return { ...sizes, total };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
