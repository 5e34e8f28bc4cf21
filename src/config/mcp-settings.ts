import { z } from "zod";
import { isSenderRule, senderRuleForms } from "../protocol/sender-rule.ts";
import { flag, list, meta, text } from "./values.ts";

const targets = list.superRefine((places, context) => {
  // Nothing would mean everywhere: too much for what may be a slip.
  if (places.length === 0) context.addIssue({ code: "custom", message: "names no place; leave it out for everywhere" });
  const wrong = places.filter((place) => !/^(?:bot|(?:c2c|group|guild|channel|dms):\S+)$/.test(place));
  const message = `${wrong.join(", ")}: must be c2c:ID, group:ID, guild:ID, channel:ID, dms:ID or bot`;
  if (wrong.length > 0) context.addIssue({ code: "custom", message });
});
const rights = ["read", "send", "manage", "destroy", "all"];

/** What concerns assistants: what they see, hear and may do, and how they connect. */
export const mcpSettings = {
  senders: list
    .superRefine((rules, context) => {
      const wrong = rules.filter((rule) => !isSenderRule(rule));
      if (wrong.length > 0)
        context.addIssue({ code: "custom", message: `${wrong.join(", ")}: must be one of ${senderRuleForms}` });
    })
    .optional()
    .meta(
      meta({
        description:
          "Whom an assistant may hear, separated by commas: c2c:ID, group:ID (what names the bot), group:ID:all, guild:ID, guild:ID:all, user:ID, * (default: everybody on a local QQ, nobody on the real one)",
        env: "QQ_MCP_SENDERS",
        flag: "--senders <list>",
        remedy: "see `qq-skill senders list`, or let people in with `qq-skill senders pair`",
      }),
    ),
  channel: flag.default(false).meta(
    meta({
      description: "Push messages to Claude Code as they come (its channel preview; stdio only)",
      env: "QQ_MCP_CHANNEL",
      flag: "--channel",
    }),
  ),
  mcpToolsets: list.default(["default"]).meta(
    meta({
      description: "Toolsets that the MCP server lists: names, default, all; the rest is found by qq_find_operations",
      env: "QQ_MCP_TOOLSETS",
      flag: "--toolsets <names>",
    }),
  ),
  mcpTools: list
    .default([])
    .meta(meta({ description: "Tools that it lists as well", env: "QQ_MCP_TOOLS", flag: "--tools <names>" })),
  mcpExcludeTools: list.default([]).meta(
    meta({
      description: "Operations that it does not have at all; wins over everything else",
      env: "QQ_MCP_EXCLUDE_TOOLS",
      flag: "--exclude-tools <names>",
    }),
  ),
  mcpReadOnly: flag
    .default(false)
    .meta(meta({ description: "Only operations that change nothing", env: "QQ_MCP_READ_ONLY", flag: "--read-only" })),
  mcpRights: list
    .superRefine((words, context) => {
      const wrong = words.filter((word) => !rights.includes(word));
      const message = `${wrong.join(", ")}: must be among ${rights.join(", ")}`;
      if (wrong.length > 0) context.addIssue({ code: "custom", message });
    })
    .optional()
    .meta(
      meta({
        description:
          "What an assistant may do: read, send, manage, destroy, or all (default: all on a local QQ, read on the real one)",
        env: "QQ_MCP_RIGHTS",
        flag: "--rights <list>",
      }),
    ),
  mcpReadTargets: targets.default([]).meta(
    meta({
      description: "Where alone it may read: c2c:ID, group:ID, guild:ID (with its channels), channel:ID, dms:ID",
      env: "QQ_MCP_READ_TARGETS",
      flag: "--read-targets <list>",
    }),
  ),
  mcpWriteTargets: targets.default([]).meta(
    meta({
      description: "Where alone it may write: the same, and bot for what concerns the bot as a whole",
      env: "QQ_MCP_WRITE_TARGETS",
      flag: "--write-targets <list>",
    }),
  ),
  mcpConfirm: z
    .enum(["auto", "form", "code", "off"])
    .default("auto")
    .meta(
      meta({
        description:
          "How a person agrees to what destroys: by a form of the client, else by a code (auto), or only one of the two",
        env: "QQ_MCP_CONFIRM",
        flag: "--confirm <how>",
      }),
    ),
  mcpHttp: text
    .regex(/^(?:(?:[\w.-]+|\[[\da-f:]+\]):)?\d{1,5}$/i, "must be a port, or an address and a port: 127.0.0.1:7718")
    .refine((value) => Number(/\d+$/.exec(value)) <= 65_535, "has a port above 65535")
    .optional()
    .meta(
      meta({
        description: "Serve MCP by Streamable HTTP at this address instead of stdio, at /mcp; port 0: any free one",
        env: "QQ_MCP_HTTP",
        flag: "--http <address>",
      }),
    ),
  mcpToken: text
    .min(16, "must have at least 16 characters")
    .optional()
    .meta(
      meta({
        description: "Bearer token that HTTP clients must bring; needed where others than this machine can connect",
        env: "QQ_MCP_TOKEN",
        secret: true,
        remedy: "make one with: openssl rand -hex 32",
      }),
    ),
  mcpTokenFile: text
    .optional()
    .meta(meta({ description: "File that holds that token instead", env: "QQ_MCP_TOKEN_FILE" })),
};
