import { Avatar, PlaceSign } from "./avatar.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { clockTime } from "./moments.ts";
import { personName } from "./naming.ts";
import { words } from "./preferences.ts";
import { here, keyOf, me, open, threads, unread, world } from "./state.ts";
import { piecesOf } from "./tags.ts";
import type { Channel, Conversation, Guild, Message } from "./wire.ts";

/** My conversations: the bot, groups, the channels of each guild, private sessions inside guilds. */
export function Chats() {
  const say = words.value;
  const all = world.value;
  if (!all) return null;
  const mine = (members: readonly string[]) => members.includes(me.value);
  return (
    <nav class="flex-1 space-y-3 p-2" aria-label={say.chats}>
      <Section title={say.privateChats}>
        {all.c2c
          .filter(({ user }) => user === me.value)
          .map(({ id }) => (
            <ChatRow key={id} chat={{ scene: "c2c", id }} name={personName("bot")} sign={<BotSign />} />
          ))}
      </Section>
      <Section title={say.groups}>
        {all.groups
          .filter(({ members }) => mine(members))
          .map(({ id, name }) => (
            <ChatRow key={id} chat={{ scene: "group", id }} name={name} sign={<PlaceSign icon="people" />} />
          ))}
      </Section>
      {all.guilds
        .filter(({ members }) => mine(members))
        .map((guild) => (
          <GuildTree key={guild.id} guild={guild} />
        ))}
      <Section title={say.direct}>
        {all.dms
          .filter(({ user }) => user === me.value)
          .map(({ id, guild }) => (
            <ChatRow
              key={id}
              chat={{ scene: "dms", id }}
              name={all.guilds.find((candidate) => candidate.id === guild)?.name ?? say.direct}
              sign={<PlaceSign icon="mail" />}
            />
          ))}
      </Section>
    </nav>
  );
}

function BotSign() {
  return <Avatar of="bot" name="" />;
}

function Section({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <section>
      <h3 class="px-2 pb-1 text-xs font-medium text-base-content/70">{title}</h3>
      <ul class="space-y-0.5">{children}</ul>
    </section>
  );
}

interface ChatRowProps {
  chat: Conversation;
  name: string;
  sign: preact.ComponentChildren;
}

function ChatRow({ chat, name, sign }: ChatRowProps) {
  const key = keyOf(chat);
  const last = threads.value.get(key)?.findLast((message) => message.kind !== "typing");
  return (
    <li>
      <RowButton chat={chat} look="gap-2.5 px-2 py-1.5">
        {sign}
        <span class="min-w-0 flex-1">
          <span class="flex items-baseline gap-2">
            <span class="flex-1 truncate">{name}</span>
            {last && <span class="text-xs text-base-content/60 tabular-nums">{clockTime(last.at)}</span>}
          </span>
          {last && (
            <span class="flex items-center gap-2">
              <span class="min-w-0 flex-1 truncate text-xs text-base-content/60">{preview(last)}</span>
              <UnreadDot of={key} />
            </span>
          )}
        </span>
      </RowButton>
    </li>
  );
}

function GuildTree({ guild }: { guild: Guild }) {
  return (
    <section>
      <details open class="group">
        <summary class="flex cursor-pointer list-none items-center gap-1 rounded-field px-2 pb-1 text-xs font-medium text-base-content/70">
          <Icon name="chevron" class="size-3 transition-transform group-open:rotate-90" />
          <span class="truncate">{guild.name}</span>
        </summary>
        <ul class="space-y-0.5">
          {guild.channels.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} />
          ))}
        </ul>
      </details>
    </section>
  );
}

const channelKinds: Record<number, "voice" | "forum" | "live" | "app"> = {
  2: "voice",
  10005: "live",
  10006: "app",
  10007: "forum",
};
const channelIcons: Record<number, IconName> = { 2: "voice", 10007: "forum" };

function ChannelRow({ channel }: { channel: Channel }) {
  const say = words.value;
  if (channel.type === 4) {
    return <li class="px-2 pt-2 pb-0.5 text-xs text-base-content/60">{channel.name}</li>;
  }
  if (channel.type !== 0) {
    const kind = say.channelKinds[channelKinds[channel.type] ?? "other"];
    return (
      <li
        class="flex items-center gap-2 rounded-field px-3 py-1.5 text-sm text-base-content/60"
        title={say.notWritable}
      >
        <Icon name={channelIcons[channel.type] ?? "hash"} />
        <span class="flex-1 truncate">{channel.name}</span>
        <span class="text-xs">{kind}</span>
      </li>
    );
  }
  const chat: Conversation = { scene: "channel", id: channel.id };
  const isNews = channel.sub_type === 1;
  return (
    <li title={isNews ? say.announcement : undefined}>
      <RowButton chat={chat} look="gap-2 px-3 py-1.5">
        <Icon name={isNews ? "horn" : "hash"} class="size-4 text-base-content/60" />
        <span class="flex-1 truncate text-sm">{channel.name}</span>
        <UnreadDot of={keyOf(chat)} />
      </RowButton>
    </li>
  );
}

function RowButton({ chat, look, children }: { chat: Conversation; look: string; children: preact.ComponentChildren }) {
  const isHere = here.value !== undefined && keyOf(here.value) === keyOf(chat);
  return (
    <button
      type="button"
      aria-current={isHere ? "true" : undefined}
      class={`flex w-full cursor-pointer items-center rounded-field text-start ${look} ${isHere ? "bg-primary/12" : "hover:bg-base-200"}`}
      onClick={() => open(chat)}
    >
      {children}
    </button>
  );
}

function UnreadDot({ of }: { of: string }) {
  if (!unread.value.has(of)) return null;
  return (
    <span class="size-2 shrink-0 rounded-full bg-error">
      <span class="sr-only">{words.value.unread}</span>
    </span>
  );
}

/** One line of text, without the marks of Markdown. */
function preview(message: Message): string {
  if (message.recalled) return words.value.recalledBy(personName(message.from));
  const text = piecesOf(message.markdown ?? message.content)
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      return piece.kind === "person" ? `@${personName(piece.id)}` : "";
    })
    .join("")
    .replace(/[*_`#>~|]+/g, "")
    .trim();
  return text.slice(0, 60) || (message.image_url ? `[${words.value.picture}]` : "");
}
