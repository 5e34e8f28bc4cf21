import { isRecord } from "../core/json.ts";
import { keyboardLimits } from "../protocol/limits.ts";
import { refuse } from "./refusal.ts";

/** Refuses keyboards that the platform refuses: more than 5 rows or 5 buttons a row, incomplete buttons. */
export function checkKeyboard(keyboard: unknown): void {
  if (keyboard === undefined || keyboard === null) return;
  if (!isRecord(keyboard)) refuse(304039, "keyboard cannot be parsed");
  // A template of the console: nothing here can be checked.
  if (typeof keyboard.id === "string" && keyboard.id !== "") return;
  const rows = isRecord(keyboard.content) ? keyboard.content.rows : undefined;
  if (!Array.isArray(rows) || rows.length === 0) refuse(304040, "keyboard content is wrong: rows");
  if (rows.length > keyboardLimits.rows) refuse(40034029, "too many keyboard rows");
  for (const row of rows) {
    const buttons: unknown = isRecord(row) ? row.buttons : undefined;
    if (!Array.isArray(buttons) || buttons.length === 0) refuse(304040, "keyboard content is wrong: buttons");
    if (buttons.length > keyboardLimits.buttonsPerRow) refuse(40034029, "too many buttons in a keyboard row");
    for (const button of buttons) checkButton(button);
  }
}

function checkButton(button: unknown): void {
  const render = isRecord(button) ? button.render_data : undefined;
  const action = isRecord(button) ? button.action : undefined;
  if (!isRecord(render) || typeof render.label !== "string" || render.label === "") {
    refuse(304040, "keyboard content is wrong: render_data.label");
  }
  if (!isRecord(action) || typeof action.type !== "number" || ![0, 1, 2, 3, 4].includes(action.type)) {
    refuse(304040, "keyboard content is wrong: action.type");
  }
  if (render.style !== undefined && ![0, 1, 2, 3, 4].includes(Number(render.style))) {
    refuse(305007, "keyboard style is wrong");
  }
}
