import type { AgentTool } from "../agent/model.ts";
import { InputError, PermissionError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { inputSchema } from "../operations/call.ts";
import type { Operation } from "../operations/operation.ts";
import type { Scene } from "../protocol/scenes.ts";
import { isAdministration } from "./administration.ts";
import type { OwnTool } from "./own-tools.ts";
import { grantsOf, isAtLeast, type Place, type Right } from "./rights.ts";
import { type Blank, blanksOf } from "./tool-blanks.ts";

/** One operation as the model may use it in one kind of place. */
export interface BotTool {
  tool: AgentTool;
  operation: Operation;
  /** The operation's input: what the model wrote, and the place it did not have to write. Throws InputError, PermissionError. */
  fill(input: Record<string, unknown>, place: Place): Record<string, unknown>;
}

export interface ToolSet {
  /** Always the same array for the same set. */
  tools: readonly AgentTool[];
  find(name: string): BotTool | undefined;
  findOwn(name: string): OwnTool | undefined;
}

export interface Toolbox {
  for(right: Right, place: Place): ToolSet;
}

const none: readonly OwnTool[] = [];
/** The same array each time: what is built from it is kept as long as it stays the same. */
export const noTools = () => none;

interface Narrowed {
  fields: readonly string[];
  /** More for the owner: what was uploaded with upload_media, which reads the folders of the settings. */
  ownerFields?: readonly string[];
  required: readonly string[];
  summary?: string;
}

/** Fields that the model may use, where it gets fewer than an assistant does; the first is required if marked. */
const narrowed: Readonly<Record<string, Narrowed>> = {
  send_message: {
    fields: ["content", "format", "image_url"],
    ownerFields: ["file_info"],
    required: [],
    summary: "Send a message or picture now. Not for your reply: the closing text is sent by itself.",
  },
  recall_message: { fields: ["message_id"], required: [] },
};

/** Not the model's business: its own plumbing, raw sends beside send_message; files are the owner's. */
function isOffered(operation: Operation, { right, scene }: View): boolean {
  const { toolset, name, permission } = operation;
  if (!grantsOf[right].has(permission)) return false;
  if (isAdministration(operation)) return isAtLeast(right, "admin");
  if (!operation.listed || toolset === "events" || toolset === "interaction") return false;
  if (toolset === "media")
    return name === "upload_media" && right === "owner" && (scene === "c2c" || scene === "group");
  if (toolset === "account") return name === "get_bot_profile";
  if (name === "send_message" || toolset === "reaction") return true;
  if (name === "list_guilds" || name === "create_dm_session") return right === "owner";
  return permission === "read" || !name.startsWith("send_");
}

/**
 * The model's view of the operation table, by the speaker's right and the kind of place, and behind it what is no operation.
 * Built once for each, until `ownTools` answers another array.
 */
export function createToolbox(operations: readonly Operation[], ownTools: () => readonly OwnTool[] = noTools): Toolbox {
  const sets = new Map<string, ToolSet>();
  let own: readonly OwnTool[] = [];
  return {
    for(right, place) {
      const now = ownTools();
      if (now !== own) sets.clear();
      own = now;
      const key = `${right}:${place.conversation.scene}:${place.guildId === undefined ? "" : "guild"}`;
      const known = sets.get(key);
      if (known) return known;
      const view = { right, scene: place.conversation.scene, inGuild: place.guildId !== undefined };
      const set = buildSet(operations, own, view);
      sets.set(key, set);
      return set;
    },
  };
}

interface View {
  right: Right;
  scene: Scene;
  inGuild: boolean;
}

function buildSet(operations: readonly Operation[], ownTools: readonly OwnTool[], view: View): ToolSet {
  const tools = new Map<string, BotTool>();
  for (const operation of operations) {
    const tool = isOffered(operation, view) ? buildTool(operation, view) : undefined;
    if (tool) tools.set(operation.name, tool);
  }
  const own = ownTools.filter(({ tool, least }) => isAtLeast(view.right, least) && !tools.has(tool.name));
  return {
    tools: [...tools.values(), ...own].map(({ tool }) => tool),
    find: (name) => tools.get(name),
    findOwn: (name) => own.find(({ tool }) => tool.name === name),
  };
}

function buildTool(operation: Operation, view: View): BotTool | undefined {
  const blanks = blanksOf(operation, view);
  if (!blanks) return undefined;
  const schema = inputSchema(operation);
  const narrow = narrowed[operation.name];
  const fields = [...(narrow?.fields ?? []), ...((view.right === "owner" && narrow?.ownerFields) || [])];
  const known = isRecord(schema.properties) ? schema.properties : {};
  const visible = Object.entries(known).flatMap(([field, property]) => {
    const blank = blanks.find((candidate) => candidate.field === field);
    if (blank?.mode === "hidden" || (!blank && narrow && !fields.includes(field))) return [];
    return [[field, blank?.mode === "default" ? withDefault(property) : property] as const];
  });
  const names = new Set(visible.map(([field]) => field));
  const needed = narrow?.required ?? (Array.isArray(schema.required) ? (schema.required as string[]) : []);
  const optional = new Set(blanks.filter(({ mode }) => mode !== "asked").map(({ field }) => field));
  const tool: AgentTool = {
    name: operation.name,
    description: narrow?.summary ?? operation.summary,
    parameters: {
      type: "object",
      properties: Object.fromEntries(visible),
      required: [...needed, ...(narrow ? askedFields(blanks) : [])].filter(
        (field) => names.has(field) && !optional.has(field),
      ),
      additionalProperties: false,
    },
    isReadOnly: operation.permission === "read",
  };
  return { tool, operation, fill: (input, place) => fill({ operation, blanks, names }, input, place) };
}

function askedFields(blanks: readonly Blank[]): string[] {
  return blanks.filter(({ mode }) => mode === "asked").map(({ field }) => field);
}

function withDefault(property: unknown): unknown {
  if (!isRecord(property)) return property;
  const text = typeof property.description === "string" ? `${property.description}; ` : "";
  return { ...property, description: `${text}default: here` };
}

function fill(
  built: { operation: Operation; blanks: readonly Blank[]; names: ReadonlySet<string> },
  input: Record<string, unknown>,
  place: Place,
): Record<string, unknown> {
  const { operation, blanks, names } = built;
  const full: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(input)) {
    const blank = blanks.find((candidate) => candidate.field === field);
    if (blank?.mode === "hidden" && value !== blank.value(place)) throw elsewhere(operation, field);
    if (!blank && !names.has(field)) throw unknownField(operation, field, names);
    // QQ fetches it; what a chat made the model send must not go in the clear.
    if (field === "image_url" && typeof value === "string" && !value.startsWith("https://")) throw notSecure(operation);
    if (value !== undefined && value !== null) full[field] = value;
  }
  const open = blanks.filter(({ mode }) => mode !== "asked");
  const missing = open.filter(({ field }) => !(field in full));
  // Half a target is a mistake, unless that half says "here": the other must not be guessed from this conversation.
  const isHere = open.every((blank) => missing.includes(blank) || full[blank.field] === blank.value(place));
  if (missing.length > 0 && !isHere) throw halfTarget(operation, missing);
  for (const blank of missing) full[blank.field] = blank.value(place);
  return full;
}

function halfTarget(operation: Operation, missing: readonly Blank[]): InputError {
  const fields = missing.map(({ field }) => field).join(", ");
  return new InputError(missing[0]?.field ?? "", `${operation.name}: another place needs ${fields} too`, {
    remedy: `Give ${fields} too, or leave the place out for this conversation.`,
  });
}

function elsewhere(operation: Operation, field: string): PermissionError {
  return new PermissionError("owner", `${operation.name} works here only; ${field} cannot be chosen`, {
    remedy: "Only the bot's owner may reach other places; tell the person so.",
  });
}

function notSecure(operation: Operation): InputError {
  return new InputError("image_url", `${operation.name}: image_url must be a public https address`, {
    remedy: "Give one that begins with https://, or leave the picture out and say so.",
  });
}

function unknownField(operation: Operation, field: string, names: ReadonlySet<string>): InputError {
  return new InputError(field, `${operation.name} has no field ${field}`, {
    expected: `fields: ${[...names].join(", ") || "none"}`,
    remedy: `Leave ${field} out and call ${operation.name} again.`,
  });
}
