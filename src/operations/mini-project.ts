import { z } from "zod";
import { defineAction } from "./operation.ts";
import { checkProject } from "./project-check.ts";

export const miniValidateProject = defineAction({
  name: "mini_validate_project",
  title: "Check a mini program's folder (检查小程序工程)",
  summary:
    "Checks a project offline: app.json and its pages, package sizes (2 MB each, 24 MB in all), project.config.json, and calls that the platform refuses. Reads files only in allowed folders.",
  toolset: "mini",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    project_dir: z.string().min(1).max(4096).describe("Folder that holds app.json, in an allowed folder"),
  }),
  output: z.looseObject({
    ok: z.boolean().describe("No errors; warnings may remain"),
    problems: z.array(
      z.looseObject({
        level: z.enum(["error", "warning"]),
        file: z.string(),
        text: z.string(),
      }),
    ),
    app_json: z.looseObject({ pages: z.number(), subpackages: z.number() }).optional(),
    package_sizes: z.looseObject({}).describe("Bytes by package; main is everything outside the subpackages"),
    config: z.looseObject({}).optional(),
  }),
  docs: "https://q.qq.com/wiki/develop/miniprogram/frame/dispose.html",
  async run({ mini }, input) {
    return checkProject(await mini.listProject(input.project_dir), mini.appId);
  },
});
