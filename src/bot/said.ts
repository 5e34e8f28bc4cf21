import type { UsedTool } from "../agent/loop.ts";
import { isRecord } from "../core/json.ts";
import { cutToLength } from "../protocol/text-width.ts";
import { saidEntry } from "./conversation.ts";
import { isRepeat } from "./repeat.ts";
import type { Place } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

interface Sent {
  index: number;
  text: string;
  /** Where else; undefined = in this conversation. */
  elsewhere: { scene: string; id: string } | undefined;
  messageIds: string[];
}

/**
 * Why the turn needs no reply any more: the model said the same here with send_message, or answered by a tool and has no
 * words beside it, or nobody asked and it has none. undefined = it does.
 */
export function alreadyDone(
  { place, isUnasked }: Pick<TurnScene, "place" | "isUnasked">,
  thought: { text: string; calls: readonly UsedTool[] },
): string | undefined {
  const said = sentBy(place, thought.calls).flatMap(({ text, elsewhere }) => (elsewhere ? [] : [text]));
  if (thought.text !== "" ? said.some((text) => isRepeat(text, thought.text)) : said.length > 0)
    return "already said with send_message";
  if (thought.text === "" && isUnasked) return "no words, and nobody asked for any";
  const hasReacted = thought.calls.some(({ name, result }) => name === "add_reaction" && result.ok);
  return thought.text === "" && hasReacted ? "already answered with a reaction" : undefined;
}

/** Puts what send_message did into the history, so that a later "recall that" is understood. Idempotent. */
export async function recordSends({ bot, lane, last, place }: TurnScene, calls: readonly UsedTool[]): Promise<void> {
  for (const { index, text: words, elsewhere, messageIds } of sentBy(place, calls)) {
    const text = bot.filter().mask(words);
    const own = messageIds.length > 0 ? messageIds : [`${last.eventId}:${index}`];
    const brief = cutToLength(text.replace(/\s+/g, " "), 200);
    await bot.history.append(
      lane,
      elsewhere
        ? {
            key: `note:${last.eventId}:${index}`,
            role: "note",
            text: `you sent to ${elsewhere.scene}:${elsewhere.id}, message_id=${messageIds[0] ?? "unknown"}: "${brief}"`,
            at: bot.clock.now(),
          }
        : saidEntry(own, text, bot.clock.now()),
    );
  }
}

function sentBy({ conversation }: Place, calls: readonly UsedTool[]): Sent[] {
  return calls.flatMap(({ name, input, result }, index) => {
    const text = input && wordsSent(input);
    if (name !== "send_message" || !result.ok || !input || text === undefined) return [];
    const scene = typeof input.scene === "string" ? input.scene : conversation.scene;
    const id = typeof input.id === "string" ? input.id : conversation.id;
    const isHere = scene === conversation.scene && id === conversation.id;
    return [
      {
        index,
        text,
        elsewhere: isHere ? undefined : { scene, id },
        messageIds: messageIdsIn(result.content),
      },
    ];
  });
}

/** A picture has to be known later, too: "what was that?" */
function wordsSent({ content, image_url, file_info }: Record<string, unknown>): string | undefined {
  const words = typeof content === "string" && content.trim() !== "" ? [content] : [];
  if (typeof image_url === "string") words.push(`(picture: ${image_url})`);
  else if (typeof file_info === "string") words.push("(a file)");
  return words.length > 0 ? words.join("\n") : undefined;
}

/** Every id under which the platform knows what was sent, wherever in the tool's answer. */
function messageIdsIn(content: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (isRecord(value))
      for (const [key, field] of Object.entries(value)) {
        if (/^(message_?id|ref_?idx)$/i.test(key) && typeof field === "string") found.push(field);
        else walk(field);
      }
  };
  try {
    walk(JSON.parse(content));
  } catch {
    // A cut or plain answer: the message has no id that we know.
  }
  return found;
}
