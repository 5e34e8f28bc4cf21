import { z } from "zod";
import { duration } from "./duration.ts";
import { isPattern, patternProblem } from "./pattern.ts";

const word = z.string().min(1);
const person = word.describe("User id of the world (alice), or a name from actors");
const place = z
  .string()
  .regex(/^(c2c|dms)(:.+)?$|^(group|channel):.+$/, "must be c2c, dms, c2c:ACTOR, dms:ACTOR, group:NAME or channel:NAME")
  .describe("c2c, dms (of the actor), c2c:ACTOR, dms:ACTOR, group:NAME, channel:NAME; a name or an id");
const pattern = word
  .superRefine((text, context) => {
    const problem = isPattern(text) ? patternProblem(text) : undefined;
    if (problem) context.addIssue({ code: "custom", message: problem });
  })
  .describe("The exact text, or /a regular expression/; its named groups become variables");
const oneOrMore = z.union([word.transform((one) => [one]), z.array(word).min(1)], {
  error: "must be a text or a list of texts (numbers in quotes)",
});

/** What a message of the bot must be like. Everything that is given must hold. */
const looks = {
  in: place.optional(),
  text: pattern.optional(),
  contains: oneOrMore.optional().describe("Parts that the text must have"),
  kind: z.enum(["text", "markdown", "media", "ark", "embed"]).optional(),
  media: z.enum(["image", "video", "voice", "file"]).optional(),
  buttons: oneOrMore.optional().describe("Labels or ids of buttons that it must have"),
  mention: person.or(z.literal("everyone")).optional().describe("Whom it mentions"),
  reply_to: word.optional().describe("Id of the message that it answers passively, as `save` kept it"),
  mode: z.enum(["passive", "active"]).optional(),
  recalled: z.boolean().optional().describe("true: the bot took it back; looks at all its messages"),
};

const expectation = z.strictObject({
  ...looks,
  message: word.optional().describe("Only this message, by its id, as it is now"),
  within: duration.optional().describe("How long to wait for it, real time (5s)"),
  latency: duration.optional().describe("At most this long after what was said last, by the platform's clock"),
  count: z.int().min(1).max(1000).optional().describe("Exactly so many messages look like this"),
  at_least: z.int().min(1).max(1000).optional(),
  quiet: duration.optional().describe("How long no further one may come, with count (300ms)"),
  save: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, "must be a name of letters, digits and _")
    .optional()
    .describe("Keeps the message: its id under this name, its text under NAME.text"),
});
const absence = z.strictObject({
  ...looks,
  within: duration.describe("How long none may come"),
  clock: z
    .enum(["real", "virtual"])
    .default("real")
    .describe("virtual: the platform's time is moved by `within` at once"),
});

const said = z.strictObject({
  as: person.optional(),
  in: place.optional(),
  text: word.describe("<@alice> mentions somebody"),
  mention: z.boolean().optional().describe("Mentions the bot"),
  save: expectation.shape.save.describe("Keeps the id of the message under this name"),
});
const members = { as: person, group: word.optional(), guild: word.optional() };
const oneHome = <T extends { group?: string | undefined; guild?: string | undefined }>(value: T) =>
  (value.group === undefined) !== (value.guild === undefined);
const homeProblem = { error: "needs either group or guild" };

/** By its name: what a step takes. A step has exactly one of them. */
const kinds = {
  say: z.union([word, said]).describe("Somebody writes; a text alone is said by the first actor, in private"),
  click: z.union([
    word,
    z.strictObject({
      as: person.optional(),
      in: place.optional(),
      button: word.describe("Label or id"),
      message: word.optional(),
    }),
  ]),
  recall: z
    .strictObject({ as: person.optional(), in: place.optional(), message: word.optional() })
    .describe("Somebody takes a message back; without message the last one that was said there"),
  join: z.strictObject(members).refine(oneHome, homeProblem).describe("Somebody joins a group or guild"),
  leave: z.strictObject(members).refine(oneHome, homeProblem).describe("Somebody leaves"),
  act: z
    .looseObject({ action: word })
    .describe("Anything else of POST /_emulator/act; groups, guilds, channels by name"),
  event: z.strictObject({ type: word, data: z.record(z.string(), z.unknown()).optional() }),
  fault: z.looseObject({ kind: word }).describe("Something goes wrong, as POST /_emulator/faults takes it"),
  clear_faults: z.literal(true).describe("Removes all faults"),
  advance: duration.describe("Moves the platform's time"),
  wait: z.union([z.literal("connected"), duration], {
    error: "must be `connected`, or a time with its unit, such as 500ms or 3s",
  }),
  expect: z.union([word, expectation]).describe("Waits for a message of the bot; a text alone is its text"),
  expect_none: absence.describe("No such message comes"),
};
export type StepKind = keyof typeof kinds;
export const stepKinds = Object.keys(kinds) as StepKind[];

const step = z
  .strictObject({
    name: word.optional().describe("What the report calls it"),
    ...(Object.fromEntries(Object.entries(kinds).map(([kind, schema]) => [kind, schema.optional()])) as {
      [K in StepKind]: z.ZodOptional<(typeof kinds)[K]>;
    }),
  })
  .refine((value) => stepKinds.filter((kind) => value[kind] !== undefined).length === 1, {
    error: `needs exactly one of ${stepKinds.join(", ")}`,
  });

const world = z
  .strictObject({
    botName: word.optional(),
    users: z.array(z.strictObject({ id: word, name: word, isBot: z.boolean().optional() })).min(1),
    groups: z
      .array(
        z.strictObject({
          name: word,
          members: z.array(word).min(1),
          recvMsgSetting: z.enum(["only_mention", "all"]).default("only_mention"),
          botRole: z.enum(["member", "admin"]).optional(),
        }),
      )
      .default([]),
    guilds: z
      .array(
        z.strictObject({
          name: word,
          members: z.array(word).min(1),
          channels: z.array(z.strictObject({ name: word, type: z.int(), subType: z.int().optional() })).min(1),
          roles: z.array(z.strictObject({ id: word, name: word, members: z.array(word) })).optional(),
        }),
      )
      .default([]),
  })
  .describe("The local QQ's people and places; without it the emulator's own");

/** One scenario: a YAML document. The source of the checks, of the reference and of the JSON Schema for editors. */
export const scenario = z
  .strictObject({
    name: word,
    description: z.string().optional(),
    actors: z
      .union([z.array(word).min(1), z.record(word, word)], { error: "must be a list of user ids, or name: user id" })
      .optional()
      .describe("Who takes part: user ids, or own names for them; the first one speaks where no other is named"),
    in: place.optional().describe("Where is spoken when a step does not say (c2c)"),
    world: world.optional(),
    dials: z.record(word, z.unknown()).optional().describe("Numbers and rights of the platform; see docs/emulator.md"),
    steps: z.array(step).min(1),
  })
  .describe("A scenario for a QQ bot on the emulator");

export type Scenario = z.output<typeof scenario>;
export type ScenarioWorld = z.output<typeof world>;
export type Step = z.output<typeof step>;
export type Expectation = z.output<typeof expectation>;
export type Absence = z.output<typeof absence>;
export type Looks = Pick<Expectation, Exclude<keyof typeof looks, "in">>;

/** For editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenario, { io: "input" }) as Record<string, unknown>;
}
