import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { keyboardLimits } from "../protocol/limits.ts";

export type Keyboard = Record<string, unknown>;

/** Throws InputError for a keyboard that the platform would refuse for its shape (40034029, 304039). */
export function checkKeyboard(keyboard: Keyboard): void {
  const { rows: maxRows, buttonsPerRow } = keyboardLimits;
  const rows = rowsOf(keyboard);
  if (rows === undefined) {
    if (typeof keyboard.id === "string" && keyboard.id !== "") return;
    throw new InputError("keyboard", "keyboard needs an id or content.rows", {
      expected: '{"content":{"rows":[{"buttons":[…]}]}} or {"id":"…"}',
    });
  }
  const problem = (message: string) =>
    new InputError("keyboard", message, { expected: `1 to ${maxRows} rows of 1 to ${buttonsPerRow} buttons` });
  if (rows.length === 0) throw problem("the keyboard has no rows");
  if (rows.length > maxRows) throw problem(`the keyboard has ${rows.length} rows; at most ${maxRows} are shown`);
  rows.forEach((row, index) => {
    const count = buttonsOf(row).length;
    if (count === 0) throw problem(`row ${index + 1} of the keyboard has no buttons`);
    if (count > buttonsPerRow) throw problem(`row ${index + 1} has ${count} buttons; at most ${buttonsPerRow} fit`);
  });
}

/** What stands in for buttons where they are refused: numbered lines, to be answered with the number or the words. */
export function keyboardAsText(keyboard: Keyboard): string {
  const buttons = (rowsOf(keyboard) ?? []).flatMap(buttonsOf).filter(isRecord);
  return buttons.map((button, index) => `${index + 1}. ${lineOf(button)}`).join("\n");
}

function lineOf(button: Record<string, unknown>): string {
  const look = isRecord(button.render_data) ? button.render_data : {};
  const action = isRecord(button.action) ? button.action : {};
  const label = typeof look.label === "string" ? look.label : String(button.id ?? "");
  const data = typeof action.data === "string" ? action.data : "";
  // A link is useless without its address; a command is what the reader would have to type.
  if (action.type === 0 && data !== "") return `${label}: ${data}`;
  return action.type === 2 && data !== "" && data !== label ? `${label}: ${data}` : label;
}

function rowsOf(keyboard: Keyboard): unknown[] | undefined {
  const rows = isRecord(keyboard.content) ? keyboard.content.rows : undefined;
  return Array.isArray(rows) ? rows : undefined;
}

function buttonsOf(row: unknown): unknown[] {
  return isRecord(row) && Array.isArray(row.buttons) ? row.buttons : [];
}
