import type { Conversation } from "../protocol/scenes.ts";
import { scene as sceneName } from "../protocol/scenes.ts";
import { createLabel, type Label } from "./label.ts";
import { withoutMassMention } from "./mass-mention.ts";
import { mayStand } from "./moderation.ts";
import { phraseFor, phrases } from "./phrases.ts";
import type { TurnScene } from "./turn.ts";

/** The model's words while it writes them, as people may see them: only what the finished text begins with, too. */
export function growingWords({ bot, right, label }: TurnScene, text: string): string {
  const words = bot.filter().maskGrowing(withoutMassMention(text, right));
  return label?.on(words) ?? words;
}

/** The model's finished words as they may be kept; what moderation refuses becomes a sentence that says so. */
export async function finishedWords(
  scene: Pick<TurnScene, "bot" | "turn" | "tracer" | "lane" | "right">,
  text: string,
) {
  const { bot, turn, right } = scene;
  const words = bot.filter().mask(withoutMassMention(text, right));
  if (!bot.moderation) return words;
  const isFine = await turn.step("moderate-reply", ({ signal }) => mayStand(scene, words, signal));
  return isFine ? words : phraseFor(text, phrases.withheld);
}

/** What a tool is about to say, made fit to be said. `said`: to be called when it is. */
export async function toolWords(
  scene: TurnScene,
  { name, input }: { name: string; input: Record<string, unknown> },
  signal: AbortSignal,
): Promise<{ isRefused: boolean; said(): Promise<void> }> {
  const { bot, right } = scene;
  const texts: string[] = [];
  for (const field of ["content", "title"]) {
    const text = input[field];
    if (typeof text !== "string") continue;
    const words = bot.filter().mask(withoutMassMention(text, right));
    texts.push(words);
    input[field] = words;
  }
  if (!(await mayStand(scene, texts.join("\n"), signal))) return { isRefused: true, async said() {} };
  const label = name === "send_message" ? labelFor(scene, input) : undefined;
  if (label && typeof input.content === "string") input.content = label.on(input.content);
  return { isRefused: false, said: async () => label?.spend() };
}

function labelFor({ bot, place, label }: TurnScene, { scene, id }: Record<string, unknown>): Label | undefined {
  const target = sceneName.safeParse(scene);
  if (!target.success || typeof id !== "string") return label;
  const there: Conversation = { scene: target.data, id };
  const isHere = there.scene === place.conversation.scene && there.id === place.conversation.id;
  return isHere ? label : createLabel(bot, { conversation: there });
}

/** What was written so far is said and done. */
export async function endDraft({ draft, label, isShowing = false }: TurnScene): Promise<void> {
  await draft?.end("whole");
  if (isShowing) await label?.spend();
}
