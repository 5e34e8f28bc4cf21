import { describe, expect, it } from "vitest";
import { renderText } from "../../../src/mcp/text.ts";

describe("answers as text", () => {
  it("say that something was done, or that nothing was found", () => {
    expect(renderText({}, "recall_message")).toBe("recall_message: done");
    expect(renderText(undefined, "recall_message")).toBe("recall_message: done");
    expect(renderText({ guilds: [] }, "list_guilds")).toBe("list_guilds: nothing found");
  });

  it("say that a list is empty when it is the answer, and nothing of other empty things", () => {
    expect(renderText({ events: [], cursor: 3 }, "list_events")).toBe("events: none\ncursor: 3");
    expect(renderText({ scene: "group", notes: [] }, "send_message")).toBe("scene: group");
  });

  it("put facts and rows on lines of their own", () => {
    const output = {
      scene: "group",
      parts: [{ message_id: "ROBOT1.0_x!", status: "sent", note: "two words" }],
      sender: { id: "u1", name: "" },
      notes: ["sent as text"],
    };
    expect(renderText(output, "send_message").split("\n")).toEqual([
      "scene: group",
      "parts (1):",
      '- message_id=ROBOT1.0_x! status=sent note="two words"',
      "sender: id=u1",
      'notes: ["sent as text"]',
    ]);
  });
});
