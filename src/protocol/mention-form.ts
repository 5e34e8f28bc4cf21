import { mentionMarkup } from "./markdown.ts";
import type { Scene } from "./scenes.ts";

/** Openids and guild ids; shorter things in such brackets are code or prose. */
const guildForm = /<@!?([0-9A-Za-z_-]{10,64})>/g;
const openForm = /<qqbot-at-user\s+id="?([^"<>\s/]+)"?\s*\/?>/g;

/**
 * Mentions by id in the form that the scene takes: `<qqbot-at-user id="…" />` in groups (inside markdown: as plain text some
 * clients show it raw), `<@…>` in guilds. Where nobody can be mentioned the text stays as it is.
 */
export function writeMentions(text: string, scene: Scene): string {
  if (scene === "group") {
    const quoted = text.replace(openForm, (_, id: string) => mentionMarkup(id));
    return quoted.replace(guildForm, (_, id: string) => mentionMarkup(id));
  }
  return scene === "channel" ? text.replace(openForm, (_, id: string) => `<@${id}>`) : text;
}

/** What is wrong with the tags of a text that goes out as it is; undefined when nothing. Source: text chain page of 2026-09. */
export function tagProblem(text: string, scene: Scene): string | undefined {
  if (/<qqbot-at-user\s+(?!id="[^"<>]+"\s*\/>)/.test(text)) {
    return 'a mention is written <qqbot-at-user id="…" />, with the quotes';
  }
  if (scene !== "channel" && /<qqbot-at-everyone\b/.test(text))
    return "everyone can be mentioned in text channels only";
  if (scene === "group" && /<qqbot-cmd-enter\b/.test(text)) {
    return "qqbot-cmd-enter is for private chats (40034106); qqbot-cmd-input works in groups";
  }
  return undefined;
}
