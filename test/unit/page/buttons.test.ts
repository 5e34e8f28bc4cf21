import { describe, expect, it } from "vitest";
import { rowsOf } from "../../../src/emulator/page/buttons.ts";

const button = (action: object, label = "go") => ({ id: "1", render_data: { label }, action });
const rows = (...buttons: object[]) => rowsOf({ content: { rows: [{ buttons }] } });

describe("buttons under a message", () => {
  it("reads QQ's action types: open, tell the bot, fill the input", () => {
    const found = rows(
      button({ type: 0, data: "https://a.example" }),
      button({ type: 1, data: "x" }),
      button({ type: 2, data: "/help", enter: true }),
    );
    expect(found[0]?.map(({ action, isSent }) => [action, isSent])).toEqual([
      ["link", false],
      ["callback", false],
      ["command", true],
    ]);
  });

  it("opens web addresses only", () => {
    expect(rows(button({ type: 0, data: "javascript:alert(1)" }))).toEqual([]);
  });

  it("shows nothing for what is no keyboard", () => {
    for (const value of [
      undefined,
      null,
      7,
      {},
      { id: "template" },
      { content: { rows: "x" } },
      { content: { rows: [null] } },
    ]) {
      expect(rowsOf(value)).toEqual([]);
    }
  });
});
