import { ClockMenu, ResetButton } from "./controls.tsx";
import { DemoNote } from "./demo-note.tsx";
import icon from "./icon.svg";
import { Icon } from "./icons.tsx";
import { Popover } from "./popover.tsx";
import { language, type Theme, theme, words } from "./preferences.ts";
import { drawer, info, link } from "./state.ts";

export function Header() {
  const say = words.value;
  return (
    <header class="z-30 flex h-13 shrink-0 items-center gap-1.5 border-b border-base-300 bg-base-100 px-2 phone:gap-3 phone:px-4">
      <button
        type="button"
        class="btn btn-ghost btn-sm btn-square phone:hidden"
        aria-label={say.menu}
        aria-expanded={drawer.value === "chats"}
        onClick={() => {
          drawer.value = drawer.value === "chats" ? "none" : "chats";
        }}
      >
        <Icon name="menu" />
      </button>
      <img src={icon} alt="" class="size-7 max-phone:hidden" />
      <h1 class="truncate font-semibold max-phone:sr-only">{say.title}</h1>
      <BotState />
      <Model />
      <div class="ms-auto flex items-center phone:gap-1">
        <ClockMenu />
        <ResetButton />
        <ThemeButton />
        <button
          type="button"
          class="btn btn-ghost btn-sm px-1.5 phone:px-2"
          lang={language.value === "zh" ? "en" : "zh"}
          onClick={() => {
            language.value = language.value === "zh" ? "en" : "zh";
          }}
        >
          <Icon name="globe" class="size-4 max-phone:hidden" />
          {say.language}
        </button>
        <button
          type="button"
          class="btn btn-ghost btn-sm btn-square wide:hidden"
          aria-label={say.inspector}
          aria-expanded={drawer.value === "inspector"}
          title={say.inspector}
          onClick={() => {
            drawer.value = drawer.value === "inspector" ? "none" : "inspector";
          }}
        >
          <Icon name="steps" />
        </button>
      </div>
    </header>
  );
}

function BotState() {
  const isOnline = link.value === "live" && info.value?.bot.connected === true;
  const text = isOnline ? words.value.online : words.value.offline;
  return (
    <span class="flex items-center gap-1.5 whitespace-nowrap text-sm text-base-content/80" role="status" title={text}>
      <span class={`status ${isOnline ? "status-success" : "status-error"}`} aria-hidden="true" />
      <span class="max-wide:sr-only">{text}</span>
    </span>
  );
}

/** The model's name, and always the honest badge when it is the demo. */
function Model() {
  const model = info.value?.model;
  if (!model) return null;
  if (!model.isDemo) {
    return (
      <span class="flex min-w-0 items-center gap-1.5 text-sm text-base-content/80 max-phone:hidden">
        <Icon name="spark" class="size-4" />
        <span class="truncate">{model.name}</span>
      </span>
    );
  }
  return (
    <Popover
      label={words.value.demoTitle}
      side="start"
      look="badge badge-warning badge-soft max-w-full cursor-pointer whitespace-nowrap font-medium max-phone:px-1.5"
      face={
        <>
          <span class="truncate max-wide:hidden">{words.value.demoTitle}</span>
          <span class="truncate wide:hidden">{words.value.demo}</span>
        </>
      }
    >
      {() => <DemoNote />}
    </Popover>
  );
}

const nextTheme = { auto: "day", day: "night", night: "auto" } as const satisfies Record<Theme, Theme>;
const themeIcon = { auto: "screen", day: "sun", night: "moon" } as const;

function ThemeButton() {
  const label = `${words.value.theme}: ${words.value.themes[theme.value]}`;
  return (
    <button
      type="button"
      class="btn btn-ghost btn-sm btn-square"
      aria-label={label}
      title={label}
      onClick={() => {
        theme.value = nextTheme[theme.value];
      }}
    >
      <Icon name={themeIcon[theme.value]} />
    </button>
  );
}
