/** Line drawings on a 24 grid, drawn for this page; they take the colour and size of the text around them. */
const paths = {
  menu: "M4 6h16M4 12h16M4 18h10",
  close: "M6 6l12 12M18 6L6 18",
  send: "M5 12h13M12 5l7 7-7 7",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  reset: "M4 5v5h5M4.6 14a8 8 0 1 0 1-6.5L4 10",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  hash: "M10 4L8 20M16 4l-2 16M4 9h16M4 15h16",
  horn: "M4 10v4h3l8 4V6l-8 4zM18 9.5a4 4 0 0 1 0 5",
  voice: "M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4zM6 11a6 6 0 0 0 12 0M12 17v3",
  forum: "M4 5h16v11H10l-4 3v-3H4zM8 9h8M8 12h5",
  people: "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM3 19a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5.5M17 13.5a6 6 0 0 1 4 5.5",
  mail: "M3 6h18v12H3zM3 7l9 6 9-6",
  steps: "M5 4v16M5 8h6M5 16h6M14 6h6v4h-6zM14 14h6v4h-6z",
  wrench:
    "M14.5 6.5a4 4 0 0 1 5-1l-2.6 2.6.9 1.9 1.9.2 1.3-1.8a4 4 0 0 1-5.5 4.6L8.5 20a2 2 0 0 1-3-3l7-6.5a4 4 0 0 1 2-4z",
  spark:
    "M12 3l1.8 5.2L19 10l-5.2 1.8L12 17l-1.8-5.2L5 10l5.2-1.8zM18 16l.7 2.3L21 19l-2.3.7L18 22l-.7-2.3L15 19l2.3-.7z",
  bolt: "M13 3L5 13.5h6L10 21l8-10.5h-6z",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c5 5 5 13 0 18-5-5-5-13 0-18z",
  reply: "M10 8V4L3 11l7 7v-4c5 0 8 1.5 10 5 0-6-3-11-10-11z",
  mute: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  alert: "M12 4l9 16H3zM12 10v4M12 17v.5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  chevron: "M9 6l6 6-6 6",
  link: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
} as const;

export type IconName = keyof typeof paths;

/** Decoration only: the words beside it, or the label of the button around it, say what it means. */
export function Icon({ name, class: look = "size-4" }: { name: IconName; class?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      class={`shrink-0 ${look}`}
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
