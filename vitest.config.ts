import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/kit/summary-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/{unit,contract,journey,fidelity}/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: "forks",
    reporters: ["default", new SummaryReporter()],
  },
});
