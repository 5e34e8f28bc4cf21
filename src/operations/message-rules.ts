import type { z } from "zod";
import { tagProblem } from "../protocol/mention-form.ts";
import type { Scene } from "../protocol/scenes.ts";

interface Body {
  content?: string | undefined;
  markdown?: { content?: string | undefined } | undefined;
  keyboard?: unknown;
  ark?: unknown;
  media?: unknown;
  embed?: unknown;
  image?: unknown;
  file_image?: unknown;
  msg_id?: string | undefined;
  event_id?: string | undefined;
}

interface OpenBody extends Body {
  msg_type: number;
  is_wakeup?: boolean | undefined;
  input_notify?: unknown;
}

type Report = Pick<z.core.$RefinementCtx, "addIssue">;

/** What each msg_type carries. Text may stand beside media, and nowhere else beside anything. */
const carriers: Readonly<Record<number, "content" | "markdown" | "ark" | "input_notify" | "media">> = {
  0: "content",
  2: "markdown",
  3: "ark",
  6: "input_notify",
  7: "media",
};

/**
 * Private chats and groups: one kind of content, the one that msg_type names (22006, 304061), a keyboard only under text or
 * markdown, one thing to reply to, and well-formed tags. Source: message page of 2026-09.
 */
export function checkOpenMessage(scene: "c2c" | "group") {
  return (input: OpenBody, context: Report): void => {
    const fail = failing(context);
    const carrier = carriers[input.msg_type];
    if (carrier === undefined) return;
    if (isBlank(input[carrier])) fail(carrier, `msg_type ${input.msg_type} needs ${carrier}`);
    for (const [type, other] of Object.entries(carriers)) {
      if (other === carrier || isBlank(input[other]) || (other === "content" && carrier === "media")) continue;
      fail(other, `${other} does not go with msg_type ${input.msg_type}; it needs msg_type ${type}`);
    }
    if (input.keyboard !== undefined && carrier !== "markdown" && carrier !== "content")
      fail("keyboard", "a keyboard goes with markdown (msg_type 2)");
    if (input.msg_id !== undefined && input.event_id !== undefined)
      fail("event_id", "msg_id and event_id cannot be combined");
    if (input.is_wakeup && (input.msg_id !== undefined || input.event_id !== undefined))
      fail("is_wakeup", "a wake-up message replies to nothing: leave out msg_id and event_id");
    checkTags(input, scene, fail);
  };
}

/** Guilds have no msg_type: markdown stands alone but for its keyboard (50037). Source: channel message page of 2026-09. */
export function checkGuildMessage(scene: "channel" | "dms") {
  return (input: Body, context: Report): void => {
    const fail = failing(context);
    if (input.markdown !== undefined) {
      for (const field of ["content", "embed", "ark", "image", "file_image"] as const)
        if (!isBlank(input[field])) fail(field, `${field} does not go with markdown, only a keyboard does`);
    } else if (input.keyboard !== undefined) fail("keyboard", "a keyboard goes only with markdown");
    if (input.image !== undefined && input.file_image !== undefined)
      fail("file_image", "image and file_image are two pictures: give one");
    checkTags(input, scene, fail);
  };
}

type Fail = (field: string, message: string) => void;

function checkTags({ content, markdown }: Body, scene: Scene, fail: Fail): void {
  const inContent = content === undefined ? undefined : tagProblem(content, scene);
  if (inContent !== undefined) fail("content", inContent);
  const inMarkdown = markdown?.content === undefined ? undefined : tagProblem(markdown.content, scene);
  if (inMarkdown !== undefined) fail("markdown", inMarkdown);
}

function failing(context: Report): Fail {
  return (field, message) => context.addIssue({ code: "custom", path: [field], message });
}

function isBlank(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && value.trim() === "");
}
