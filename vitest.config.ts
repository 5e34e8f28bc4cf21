import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/kit/summary-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/{unit,contract,journey,fidelity}/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: "forks",
    // No module keeps anything between tests, so that the files of a worker may share them: a fifth less time.
    isolate: false,
    // All cores: many tests wait for processes of their own. The default leaves one out, which is half of a small machine.
    maxWorkers: "100%",
    reporters: ["default", new SummaryReporter()],
  },
});
