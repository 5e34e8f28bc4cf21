import { useSignal } from "@preact/signals";
import { click, type Problem } from "./api.ts";
import { command } from "./body.tsx";
import { type Button, rowsOf } from "./buttons.ts";
import { Icon } from "./icons.tsx";
import { words } from "./preferences.ts";
import { ProblemLine } from "./problem.tsx";
import { me, presses, pressKey } from "./state.ts";
import type { Conversation, Message } from "./wire.ts";

/** The rows of buttons under a message of the bot. */
export function Keyboard({ message, chat }: { message: Message; chat: Conversation }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const rows = rowsOf(message.keyboard);
  if (rows.length === 0) return null;
  const press = async (button: Button) => {
    problem.value = undefined;
    if (button.action === "link") return void window.open(button.data, "_blank", "noopener,noreferrer");
    if (button.action === "command") return command({ chat, text: button.data, isSent: button.isSent });
    const answer = await click({ ...chat, as: me.value, message_id: message.id, button_id: button.id });
    if (!answer.ok) problem.value = answer.problem;
  };
  return (
    <div class="w-full max-w-md space-y-1">
      {rows.map((row, at) => (
        <div key={at} class="flex gap-1">
          {row.map((button) => (
            <PressButton key={button.id} button={button} messageId={message.id} onPress={() => press(button)} />
          ))}
        </div>
      ))}
      {problem.value && <ProblemLine problem={problem.value} />}
    </div>
  );
}

interface PressButtonProps {
  button: Button;
  messageId: string;
  onPress: () => Promise<void> | void;
}

function PressButton({ button, messageId, onPress }: PressButtonProps) {
  const say = words.value;
  const pressed = presses.value.get(pressKey({ message_id: messageId, button_id: button.id }));
  const state =
    pressed === undefined
      ? undefined
      : pressed.code === undefined
        ? say.pressed
        : pressed.code === 0
          ? say.pressDone
          : say.pressRefused(pressed.code);
  return (
    <button
      type="button"
      title={state ?? (button.action === "link" ? button.data : undefined)}
      class={`btn btn-sm h-auto min-h-8 min-w-0 flex-1 py-1 font-normal wrap-anywhere ${button.isPrimary ? "border-link bg-base-100 text-link" : "border-base-300 bg-base-100"}`}
      onClick={onPress}
    >
      {pressed ? button.visitedLabel : button.label}
      {button.action === "link" && <Icon name="link" class="size-3.5" />}
      {pressed && pressed.code === undefined && <span class="loading loading-spinner loading-xs" aria-hidden="true" />}
      {state && <span class="sr-only">{state}</span>}
    </button>
  );
}
