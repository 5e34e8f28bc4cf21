import { z } from "zod";
import { onboardingSteps } from "../protocol/onboarding.ts";
import { defineAction } from "./operation.ts";

export const listOnboardingChecklist = defineAction({
  name: "list_onboarding_checklist",
  title: "Checklist from registration to publication (接入清单)",
  summary:
    "The steps in the console of q.qq.com, with their limits, from an account to a published bot. done is told only where this program can know it.",
  toolset: "setup",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    step: z
      .enum(onboardingSteps.map(({ id }) => id))
      .optional()
      .describe("Only this step"),
  }),
  output: z.looseObject({
    steps: z.array(
      z.looseObject({
        id: z.string(),
        title: z.string(),
        title_zh: z.string(),
        what: z.string(),
        where: z.string(),
        only_for: z.string().optional(),
        source: z.string().describe("docs: official pages; field: reports, not confirmed"),
        done: z.boolean().optional(),
      }),
    ),
    as_of: z.string().describe("Date of the facts"),
  }),
  docs: "https://bot.q.qq.com/wiki/",
  async run(context, input) {
    const hasToken = context.token.status().state === "valid";
    const known: Readonly<Record<string, boolean>> = {
      register: context.appId !== "",
      create: context.appId !== "",
      ...(hasToken ? { secret: true } : {}),
      ...(context.gateway.status().state === "live" ? { secret: true, events: true } : {}),
    };
    const steps = onboardingSteps
      .filter(({ id }) => input.step === undefined || id === input.step)
      .map((step) => ({ ...step, ...(known[step.id] === undefined ? {} : { done: known[step.id] }) }));
    return { steps, as_of: "2026-11-23" };
  },
});
