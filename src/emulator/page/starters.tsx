import { Avatar } from "./avatar.tsx";
import { send } from "./outbox.ts";
import { words } from "./preferences.ts";
import { here, info, link, me } from "./state.ts";

/** An empty chat offers what the bot can do here; a chip is sent at once, with a mention where one is needed. */
export function Starters() {
  const say = words.value;
  const chat = here.value;
  if (!chat) return null;
  const isPublic = chat.scene === "group" || chat.scene === "channel";
  return (
    <div class="m-auto flex max-w-md flex-col items-center gap-3 py-8 text-center">
      <Avatar of="bot" name="" />
      <div>
        <p class="font-medium">{say.emptyTitle}</p>
        <p class="mt-1 text-sm text-base-content/70">{say.emptyNote[chat.scene]}</p>
      </div>
      <div class="mt-1 flex flex-wrap justify-center gap-2">
        {say.starters[chat.scene].map((text) => (
          <button
            key={text}
            type="button"
            disabled={link.value !== "live"}
            class="btn btn-sm h-auto min-h-8 border-base-300 bg-base-100 py-1.5 font-normal"
            onClick={() => send({ ...chat, as: me.value, content: text, ...(isPublic ? { mention: true } : {}) })}
          >
            {text}
          </button>
        ))}
      </div>
      {info.value?.model?.isDemo && (
        <p class="mt-2 text-xs leading-relaxed text-base-content/70">
          {say.demoTitle}
          {say.stop}
          {say.demoShort}
        </p>
      )}
    </div>
  );
}
