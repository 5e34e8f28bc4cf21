import { describe, expect, it } from "vitest";
import { type KeyboardInput, keyboard } from "../../../src/protocol/keyboard.ts";

function button(label = "好", id?: string) {
  return { ...(id ? { id } : {}), render_data: { label }, action: { type: 1 as const, data: "x" } };
}

function rows(count: number, width: number): KeyboardInput {
  return {
    content: {
      rows: Array.from({ length: count }, () => ({ buttons: Array.from({ length: width }, () => button()) })),
    },
  };
}

describe("keyboard", () => {
  it("fills in what some clients would drop a button for", () => {
    const parsed = keyboard.parse({ content: { rows: [{ buttons: [button("同意"), button("再想想", "1")] }] } });
    expect(parsed.content?.rows[0]?.buttons).toEqual([
      {
        id: "2",
        render_data: { label: "同意", visited_label: "同意", style: 1 },
        action: { type: 1, data: "x", permission: { type: 2 }, unsupport_tips: expect.any(String) },
      },
      expect.objectContaining({ id: "1" }),
    ]);
  });

  it("numbers buttons without repeating an id that was given", () => {
    const parsed = keyboard.parse(rows(5, 5));
    const ids = parsed.content?.rows.flatMap((row) => row.buttons.map((one) => one.id)) ?? [];
    expect(new Set(ids).size).toBe(25);
  });

  it("takes 5 by 5 and no more", () => {
    expect(keyboard.safeParse(rows(5, 5)).success).toBe(true);
    expect(keyboard.safeParse(rows(6, 1)).success).toBe(false);
    expect(keyboard.safeParse(rows(1, 6)).success).toBe(false);
    expect(keyboard.safeParse(rows(0, 1)).success).toBe(false);
  });

  it.each([
    ["a label of 11 characters", { content: { rows: [{ buttons: [button("一二三四五六七八九十一")] }] } }, "label"],
    ["an id that is used twice", { content: { rows: [{ buttons: [button("a", "1"), button("b", "1")] }] } }, "id"],
    ["an unknown field", { content: { rows: [{ buttons: [{ ...button(), color: "red" }] }] } }, "buttons"],
    [
      "a style that does not exist",
      { content: { rows: [{ buttons: [{ ...button(), render_data: { label: "a", style: 2 } }] }] } },
      "style",
    ],
  ])("refuses %s, naming the place", (_, input, place) => {
    const issue = keyboard.safeParse(input).error?.issues[0];
    expect(issue?.path.join(".")).toContain(place);
  });

  it("takes a template id instead, but not both and not neither", () => {
    expect(keyboard.parse({ id: "62" })).toEqual({ id: "62" });
    expect(keyboard.safeParse({}).success).toBe(false);
    expect(keyboard.safeParse({ id: "62", ...rows(1, 1) }).success).toBe(false);
  });

  it("counts an emoji in a label as one character", () => {
    expect(
      keyboard.safeParse({ content: { rows: [{ buttons: [button("👨‍👩‍👧‍👦确认并继续下一步吧")] }] } }).success,
    ).toBe(true);
  });
});
