import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { leftOut } from "../../src/emulator/coverage.ts";
import { routes } from "../../src/emulator/routes.ts";

interface Endpoint {
  id: string;
  method: string;
  path: string;
  status: string;
}

const file = new URL("../fixtures/endpoints.json", import.meta.url);
const endpoints = JSON.parse(readFileSync(file, "utf8")) as Endpoint[];

describe("the emulator's coverage of the platform", () => {
  it("puts every endpoint either among the routes or among those left out, and in one place only", () => {
    const handled = ["token.get", ...routes.map((route) => route.endpoint)];
    expect([...handled, ...Object.keys(leftOut)].sort()).toEqual(endpoints.map((endpoint) => endpoint.id).sort());
  });

  it("leaves nothing out that the platform documents today", () => {
    const missing = endpoints.filter(({ id, status }) => status === "current" && id in leftOut);
    expect(missing.map(({ id }) => id)).toEqual([]);
    expect(Object.values(leftOut).filter((reason) => reason.length < 10)).toEqual([]);
  });

  it("gives every route the method and path of its endpoint", () => {
    const wrong = routes.filter(({ endpoint, method, path }) => {
      const row = endpoints.find((candidate) => candidate.id === endpoint);
      return row?.method !== method || row.path !== path;
    });
    expect(wrong.map(({ endpoint, path }) => `${endpoint}: ${path}`)).toEqual([]);
  });
});
