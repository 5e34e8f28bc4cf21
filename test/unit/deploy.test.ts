import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { settings } from "../../src/config/load.ts";

const root = join(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(root, name), "utf8");
const known = new Set(settings().map(({ env }) => env));
const named = (text: string) => [...text.matchAll(/\b(?:QQ|OPENAI)_[A-Z0-9_]+/g)].map(([name]) => name);

describe("Dockerfile", () => {
  const steps = read("Dockerfile").replaceAll("\\\n", " ").split("\n");
  const values = (word: string) =>
    steps.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it("ends as a user without rights, with a health check", () => {
    expect(values("USER")).toEqual(["node"]);
    expect(values("HEALTHCHECK")).toHaveLength(1);
    expect(steps.findIndex((line) => line.startsWith("USER"))).toBeGreaterThan(
      steps.findLastIndex((line) => line.startsWith("RUN")),
    );
  });

  it("lets everything into the build that the build reads, and no secret", () => {
    const allowed = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    for (const name of [
      "src",
      "skills",
      "SKILL.md",
      "LICENSE",
      "package.json",
      "package-lock.json",
      "build.config.ts",
      "vite.config.ts",
    ])
      expect(allowed).toContain(name);
    expect(allowed.filter((name) => name.includes(".env") || name.includes(".git"))).toEqual([]);
    for (const name of allowed.filter((entry) => !entry.includes("*")))
      expect(existsSync(join(root, name)), name).toBe(true);
  });

  it("copies out of the build what is there", () => {
    const copied = values("COPY").filter((line) => line.startsWith("--from=build"));
    const names = copied.flatMap((line) => [...line.matchAll(/\/build\/(\S+)/g)].map(([, name = ""]) => name));
    expect(names).toEqual(["dist", "skills", "SKILL.md", "package.json", "LICENSE"]);
    for (const name of names.filter((entry) => entry !== "dist")) expect(existsSync(join(root, name)), name).toBe(true);
  });
});

describe.each(["Dockerfile", "docs/deploy/compose.yaml", "docs/deploy/qq-skill.service"])("%s", (name) => {
  it("names settings that exist", () => {
    expect(named(read(name)).filter((setting) => !known.has(setting))).toEqual([]);
  });
});

describe("the systemd unit", () => {
  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

  it.runIf(hasSystemd)("is accepted by systemd", () => {
    const verified = spawnSync("systemd-analyze", ["verify", join(root, "docs/deploy/qq-skill.service")], {
      encoding: "utf8",
    });
    expect(verified).toMatchObject({ status: 0, stderr: "" });
  });

  it("is not started again after exits that a start does not mend", () => {
    expect(read("docs/deploy/qq-skill.service")).toContain("RestartPreventExitStatus=2 3");
  });
});

describe("server.json", () => {
  const server = JSON.parse(read("server.json"));
  const manifest = JSON.parse(read("package.json"));

  it("keeps the rules of the MCP registry", () => {
    expect(server.name).toMatch(/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/);
    expect(server.name).toBe(manifest.mcpName);
    expect(server.description.length).toBeLessThanOrEqual(100);
    expect(server.version).toBe(manifest.version);
    expect(server.packages[0]).toMatchObject({ identifier: manifest.name, version: manifest.version });
  });

  it("asks for no secret without saying that it is one", () => {
    const secrets = server.packages[0].environmentVariables.filter(({ isSecret }: { isSecret: boolean }) => isSecret);
    expect(secrets.map(({ name }: { name: string }) => name)).toEqual(["QQ_BOT_APP_SECRET"]);
  });
});
