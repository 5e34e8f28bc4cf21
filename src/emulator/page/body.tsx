import { useSignal } from "@preact/signals";
import { draftOf } from "./drafts.ts";
import { renderMarkdown } from "./markdown.ts";
import { names, personName } from "./naming.ts";
import { send } from "./outbox.ts";
import { words } from "./preferences.ts";
import { sanitize } from "./sanitize.ts";
import { info, me } from "./state.ts";
import { type Piece, piecesOf } from "./tags.ts";
import type { Conversation, Message } from "./wire.ts";

interface BodyProps {
  message: Message;
  chat: Conversation;
}

/** What the message says, by its kind. */
export function Body({ message, chat }: BodyProps) {
  const markdown = message.kind === "markdown" ? (message.markdown ?? message.content) : undefined;
  const isOther = message.kind === "ark" || message.kind === "embed";
  return (
    <>
      {markdown === undefined ? (
        <Plain message={message} chat={chat} />
      ) : (
        <Markdown source={markdown} onCommand={(text, isSent) => command({ chat, text, isSent })} />
      )}
      {message.image_url && <Picture url={message.image_url} />}
      {isOther && !message.content && (
        <span class="text-sm opacity-70">{words.value.unsupported(message.kind ?? "")}</span>
      )}
    </>
  );
}

function Plain({ message, chat }: BodyProps) {
  // The mention of the bot is part of the person's message; the text comes without it.
  const pieces = piecesOf(message.content);
  if (pieces.length === 0 && !message.mention) return null;
  return (
    <p class="whitespace-pre-wrap">
      {message.mention && <span class="qq-mention">@{info.value?.bot.name ?? words.value.bot} </span>}
      {pieces.map((piece, at) => (
        <Word key={at} piece={piece} chat={chat} />
      ))}
    </p>
  );
}

function Word({ piece, chat }: { piece: Piece; chat: Conversation }) {
  const known = names();
  if (piece.kind === "text") return <Linked text={piece.text} />;
  if (piece.kind === "person") return <span class="qq-mention">@{personName(piece.id)}</span>;
  if (piece.kind === "everyone") return <span class="qq-mention">@{known.everyone}</span>;
  if (piece.kind === "channel") return <span class="qq-mention">#{known.channel(piece.id)}</span>;
  if (piece.kind === "face") return <span title={piece.label}>[{piece.label}]</span>;
  return (
    <button type="button" class="qq-command" onClick={() => command({ chat, text: piece.text, isSent: piece.sends })}>
      {piece.label}
    </button>
  );
}

const address = /(https?:\/\/[^\s<>"'，。、；：！？（）【】《》「」]+[^\s<>"'，。、；：！？（）【】《》「」.,;:!?)\]])/;

function Linked({ text }: { text: string }) {
  return (
    <>
      {text.split(address).map((part, at) =>
        at % 2 === 0 ? (
          part
        ) : (
          <a key={part} href={part} target="_blank" rel="noopener noreferrer" class="underline underline-offset-2">
            {part}
          </a>
        ),
      )}
    </>
  );
}

function Markdown({ source, onCommand }: { source: string; onCommand: (text: string, isSent: boolean) => void }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only its own buttons are clicked, and those are real buttons
    // biome-ignore lint/a11y/useKeyWithClickEvents: a button turns Enter and Space into clicks
    <div
      class="qq-markdown"
      onClick={({ target }) => {
        const button = target instanceof Element ? target.closest<HTMLElement>("[data-command]") : null;
        if (button) onCommand(button.dataset.command ?? "", button.dataset.sends === "true");
      }}
      dangerouslySetInnerHTML={{ __html: sanitize(renderMarkdown(source, names())) }}
    />
  );
}

/** A command either waits in the input, or is said at once. */
export function command({ chat, text, isSent }: { chat: Conversation; text: string; isSent: boolean }): void {
  if (!isSent) {
    draftOf(chat).value = text;
    document.getElementById("composer")?.focus();
    return;
  }
  const isPublic = chat.scene === "group" || chat.scene === "channel";
  void send({ ...chat, as: me.value, content: text, ...(isPublic ? { mention: true } : {}) });
}

function Picture({ url }: { url: string }) {
  const hasFailed = useSignal(false);
  if (hasFailed.value) {
    return <p class="my-1 rounded-md bg-current/8 px-3 py-2 text-sm">{words.value.pictureFailed}</p>;
  }
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" class="my-1 block">
      <img
        src={url}
        alt={words.value.picture}
        class="max-h-72 max-w-full rounded-lg"
        onError={() => {
          hasFailed.value = true;
        }}
      />
    </a>
  );
}
