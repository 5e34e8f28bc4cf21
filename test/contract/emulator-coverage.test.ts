import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { notYet } from "../../src/emulator/coverage.ts";
import { routes } from "../../src/emulator/routes.ts";

interface Endpoint {
  id: string;
  method: string;
  path: string;
}

const file = new URL("../fixtures/endpoints.json", import.meta.url);
const endpoints = JSON.parse(readFileSync(file, "utf8")) as Endpoint[];

describe("the emulator's coverage of the platform", () => {
  it("puts every endpoint either among the routes or among those not yet there, and in one place only", () => {
    const handled = ["token.get", ...routes.map((route) => route.endpoint)];
    expect([...handled, ...notYet].sort()).toEqual(endpoints.map((endpoint) => endpoint.id).sort());
  });

  it("gives every route the method and path of its endpoint", () => {
    const wrong = routes.filter(({ endpoint, method, path }) => {
      const row = endpoints.find((candidate) => candidate.id === endpoint);
      return row?.method !== method || row.path !== path;
    });
    expect(wrong.map(({ endpoint, path }) => `${endpoint}: ${path}`)).toEqual([]);
  });
});
