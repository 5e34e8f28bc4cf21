import type { EventRow } from "../operations/event-row.ts";
import type { Library } from "./library.ts";

export interface ChannelMessage {
  content: string;
  /** Strings alone: they become attributes of a tag. */
  meta: Record<string, string>;
}

export interface ChannelOptions {
  library: Library;
  client: string | undefined;
  notify(method: string, params: Record<string, unknown>): void;
  ended: Promise<unknown>;
}

/**
 * Claude Code's channel (a preview): messages and clicks are pushed to the assistant as they come, after the sender gate.
 * Whether a permission is granted is never asked of the chat: there is no relay of permission prompts.
 */
export async function startChannel({ library, client, notify, ended }: ChannelOptions): Promise<void> {
  const stop = await library.listen(client, (account) => (events) => {
    for (const event of events) {
      const message = toChannelMessage(event, account);
      if (message) notify("notifications/claude/channel", { ...message });
    }
  });
  void ended.then(stop);
}

/** undefined: nobody says anything in it. What bots say is left to qq_list_events, or two of them would never end. */
function toChannelMessage(event: EventRow, account?: string): ChannelMessage | undefined {
  const { content, sender, scene, id, attachments = [] } = event;
  if (content === undefined || !sender || sender.is_bot || scene === undefined || id === undefined) return undefined;
  const [attachment] = attachments;
  const meta = {
    ...{ chat_id: `${scene}:${id}`, scene, id, account },
    message_id: event.message_id,
    interaction_id: event.interaction_id,
    event_id: event.event_id,
    ...{ user: sender.name ?? sender.id, user_id: sender.id, ts: event.at, cursor: String(event.cursor) },
    attachment_kind: attachment?.kind,
    attachment_url: attachment?.url,
    attachment_count: attachments.length > 1 ? String(attachments.length) : undefined,
  };
  const known = Object.entries(meta).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { content: content || `(${attachment?.kind ?? "no text"})`, meta: Object.fromEntries(known) };
}
