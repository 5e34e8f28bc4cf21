import { inWords } from "./duration.ts";
import type { ScenarioResult, StepResult } from "./run.ts";

/** For people, Chinese first. */
export function textReport(results: readonly ScenarioResult[]): string {
  const lines = results.flatMap(({ file, name, ok, tookMs, steps, output }) => [
    `${ok ? "✓" : "✗"} ${name}  (${file}, ${inWords(tookMs)})`,
    ...steps.map((step) => stepLine(step)),
    ...(output ? ["    机器人的输出 / output of the bot:", ...indent(output, "      ")] : []),
    "",
  ]);
  const failed = results.filter(({ ok }) => !ok).length;
  const total = `${results.length - failed}/${results.length} 个场景通过 / scenarios passed`;
  return [...lines, failed === 0 ? total : `${total}; ${failed} 个失败 / failed`, ""].join("\n");
}

function stepLine({ line, title, status, tookMs, detail }: StepResult): string {
  const mark = { passed: "✓", failed: "✗", error: "✗", skipped: "-" }[status];
  const time = status === "skipped" ? "" : `  ${inWords(tookMs)}`;
  const why = status === "passed" || detail === undefined ? [] : indent(detail, "        ");
  return [`  ${mark} ${String(line).padStart(3)}  ${title}${time}`, ...why].join("\n");
}

function indent(text: string, by: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `${by}${line}`);
}

/** `{ok, scenarios}`; times in milliseconds. */
export function jsonReport(results: readonly ScenarioResult[]): string {
  return `${JSON.stringify({ ok: results.every(({ ok }) => ok), scenarios: results }, null, 2)}\n`;
}

/** JUnit XML: a suite per file, a case per scenario. */
export function junitReport(results: readonly ScenarioResult[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      results.filter((result) => result.file === file),
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${totals(results)}>`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(file: string, results: readonly ScenarioResult[]): string {
  const cases = results.map((result) => {
    const facts = `name="${xml(result.name)}" classname="${xml(file)}" time="${seconds(result.tookMs)}"`;
    const bad = result.steps.find(({ status }) => status === "failed" || status === "error");
    const inner = [
      ...(bad ? [problem(bad)] : []),
      ...(result.output ? [`<system-out>${xml(result.output)}</system-out>`] : []),
    ];
    return inner.length === 0 ? `<testcase ${facts}/>` : `<testcase ${facts}>${inner.join("")}</testcase>`;
  });
  return [`<testsuite name="${xml(file)}"${totals(results)}>`, ...cases, "</testsuite>"].join("\n");
}

function problem({ status, line, title, detail = "" }: StepResult): string {
  const tag = status === "failed" ? "failure" : "error";
  const message = xml(`line ${line}: ${title}`);
  return `<${tag} message="${message}" type="${status}">${xml(detail)}</${tag}>`;
}

function totals(results: readonly ScenarioResult[]): string {
  const having = (status: StepResult["status"]) =>
    results.filter(({ steps }) => steps.some((step) => step.status === status)).length;
  const time = seconds(results.reduce((sum, { tookMs }) => sum + tookMs, 0));
  return ` tests="${results.length}" failures="${having("failed")}" errors="${having("error")}" skipped="0" time="${time}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Control characters cannot stand in XML at all. */
function xml(text: string): string {
  const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };
  return text.replace(/[&<>"\n]/g, (sign) => marks[sign] ?? sign).replace(/[^\P{Cc}\t]/gu, "�");
}
