import { field, textField } from "./records.ts";

/** One button of a message, in plain words. */
export interface Button {
  id: string;
  label: string;
  /** Shown after a press. */
  visitedLabel: string;
  /** Filled in blue rather than grey. */
  isPrimary: boolean;
  /** QQ's action types 0, 1 and 2; "command" puts `data` into the input. */
  action: "link" | "callback" | "command";
  data: string;
  /** A command that is said at once. */
  isSent: boolean;
}

/** Reads a keyboard as the bot sent it; what is not a button is left out, and only web addresses open. */
export function rowsOf(keyboard: unknown): Button[][] {
  const rows = field(field(keyboard, "content"), "rows");
  if (!Array.isArray(rows)) return [];
  return rows
    .map((row) => {
      const buttons = field(row, "buttons");
      return Array.isArray(buttons) ? buttons.flatMap(readButton) : [];
    })
    .filter((row) => row.length > 0);
}

function readButton(value: unknown, at: number): Button[] {
  const action = field(value, "action");
  const look = field(value, "render_data");
  const type = field(action, "type");
  const label = textField(look, "label");
  const data = textField(action, "data");
  if (!label || (type === 0 && !/^https?:\/\//i.test(data))) return [];
  return [
    {
      id: textField(value, "id") || String(at),
      label,
      visitedLabel: textField(look, "visited_label") || label,
      isPrimary: field(look, "style") === 1,
      action: type === 0 ? "link" : type === 1 ? "callback" : "command",
      data,
      isSent: field(action, "enter") === true,
    },
  ];
}
