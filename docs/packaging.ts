import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readLines, splitFrontMatter } from "../.ci/pack/front-matter.ts";
import { settings } from "../src/config/load.ts";

/**
 * Manifests by which clients and registries install the program. All of them say what package.json and the head of
 * SKILL.md say; nothing here is written twice.
 */
const root = join(import.meta.dirname, "..");
const facts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  version: string;
  description: string;
  license: string;
  mcpName: string;
  keywords: readonly string[];
  author: string;
  homepage: string;
  repository: { url: string };
  engines: { node: string };
};
const { name: package_, version, description, license, keywords, homepage } = facts;
const skill = readLines(splitFrontMatter(readFileSync(join(root, "SKILL.md"), "utf8")).lines);
const skillName = skill.name ?? "";
const author = { name: facts.author };
const repository = facts.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
const command = { command: "npx", args: ["-y", `${package_}@${version}`, "mcp"] };

/** What an assistant's user has to enter; everything else has a default. */
const asked = [
  { key: "app_id", env: "QQ_BOT_APP_ID", title: "AppID" },
  { key: "app_secret", env: "QQ_BOT_APP_SECRET", title: "AppSecret" },
  { key: "rights", env: "QQ_MCP_RIGHTS", title: "Rights" },
] as const;

function about(env: string) {
  const found = settings().find((setting) => setting.env === env);
  if (!found) throw new Error(`there is no setting ${env}`);
  return { description: found.description, isSecret: found.secret === true };
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function plugin(): string {
  return json({
    name: skillName,
    version,
    description,
    author,
    homepage,
    license,
    keywords,
    skills: ["./", "./skills/"],
    mcpServers: {
      qq: { ...command, env: Object.fromEntries(asked.map(({ env }) => [env, `\${${env}:-}`])) },
    },
  });
}

function marketplace(): string {
  const entry = { name: skillName, source: "./", description };
  return json({ name: skillName, description, owner: author, plugins: [entry] });
}

/** https://modelcontextprotocol.io/registry/package-types; description at most 100 characters. */
function server(): string {
  return json({
    $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    name: facts.mcpName,
    title: "QQ Open Platform",
    description: description.slice(0, 100),
    repository: { url: repository, source: "github" },
    version,
    packages: [
      {
        registryType: "npm",
        identifier: package_,
        version,
        runtimeHint: "npx",
        transport: { type: "stdio" },
        packageArguments: [{ type: "positional", value: "mcp" }],
        environmentVariables: asked.map(({ env }) => ({ name: env, ...about(env), isRequired: false })),
      },
    ],
  });
}

/** MCPB: the built command needs nothing beside it, so the bundle is `dist` and the texts. */
function bundle(): string {
  const config = asked.map(({ key, env, title }) => {
    const { description: text, isSecret } = about(env);
    return [
      key,
      {
        type: "string",
        title,
        description: text,
        required: false,
        default: "",
        ...(isSecret ? { sensitive: true } : {}),
      },
    ];
  });
  return json({
    manifest_version: "0.3",
    name: package_,
    display_name: "QQ Open Platform",
    version,
    description,
    author,
    repository: { type: "git", url: repository },
    homepage,
    license,
    keywords,
    server: {
      type: "node",
      entry_point: "dist/qq-skill.cjs",
      mcp_config: {
        command: "node",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the client fills it in.
        args: ["${__dirname}/dist/qq-skill.cjs", "mcp"],
        env: Object.fromEntries(asked.map(({ key, env }) => [env, `\${user_config.${key}}`])),
      },
    },
    tools_generated: true,
    compatibility: { platforms: ["darwin", "linux", "win32"], runtimes: { node: facts.engines.node } },
    user_config: Object.fromEntries(config),
  });
}

/** Links that make Cursor and VS Code add the server; they ask before they do. Web addresses, because pages make no links of others. */
export function badges(): string {
  const cursor = Buffer.from(JSON.stringify(command)).toString("base64");
  const code = encodeURIComponent(JSON.stringify(command));
  return [
    `[![Cursor](https://img.shields.io/badge/Cursor-add_qq-black)](https://cursor.com/en/install-mcp?name=qq&config=${encodeURIComponent(cursor)})`,
    `[![VS Code](https://img.shields.io/badge/VS_Code-add_qq-0098ff)](https://insiders.vscode.dev/redirect/mcp/install?name=qq&config=${code})`,
  ].join("\n");
}

/** Text by file. */
export function manifests(): Record<string, string> {
  return {
    ".claude-plugin/plugin.json": plugin(),
    ".claude-plugin/marketplace.json": marketplace(),
    "server.json": server(),
    "manifest.json": bundle(),
  };
}
