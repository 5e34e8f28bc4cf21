import type { z } from "zod";
import { InputError } from "../core/errors.ts";
import type { HttpMethod, Service } from "../rest/request.ts";
import type { OperationContext } from "./context.ts";

export const permissions = ["read", "send", "manage", "destroy"] as const;
export type Permission = (typeof permissions)[number];

export const toolsets = [
  "setup",
  "developer",
  "account",
  "guild",
  "member",
  "group",
  "panel",
  "content",
  "voice",
  "message",
  "media",
  "reaction",
  "interaction",
  "events",
  "oauth",
  "mini",
] as const;
export type Toolset = (typeof toolsets)[number];

/** Which input field names the place that an operation touches. "bot": nothing but the bot itself. */
export type Scope =
  | "bot"
  | { guild: string }
  | { channel: string }
  | { group: string }
  | { c2c: string }
  | { dms: string }
  | { conversation: { scene: string; id: string } };

interface Described<I extends z.ZodObject> {
  /** verb_noun, unique; MCP adds the prefix `qq_`. */
  name: string;
  title: string;
  /** One or two sentences: what, when, limits. */
  summary: string;
  toolset: Toolset;
  permission: Permission;
  scope: Scope;
  /** Among the at most 20 tools that are listed by default; the others are found by qq_find_operations. */
  listed?: boolean;
  /** A strict object; every field described. Field names are the platform's. */
  input: I;
  output: z.ZodType;
  /** Official page, the source of every field. */
  docs: string;
  /** Anything but a current official page says so, with the reason in the summary. */
  status?: "current" | "legacy" | "undocumented";
  /** Repeating it changes nothing. Default: true for reads. */
  idempotent?: boolean;
  /** Input fields that the audit log must not hold. */
  confidential?: readonly string[];
  /** How a person gets back what a destructive call took; without it the plan says that it cannot be undone. */
  undo?: string;
  /**
   * Fills in what the operation would otherwise choose when it runs, so that what is recorded and confirmed is what
   * happens. Throws InputError when there is nothing to choose.
   */
  choose?: (context: OperationContext, input: z.infer<I>) => z.infer<I>;
  /** The input fields that a short listing shows, where all would be too many. Every field is accepted all the same. */
  listedFields?: readonly (keyof z.infer<I> & string)[];
  /** The fields of an answer that the next call needs: the short form of its rows, or of itself without rows. */
  concise?: readonly string[];
}

/** One capability of the platform. MCP tool, model tool, CLI command and reference row are views of this value. */
export interface Operation extends Omit<Described<z.ZodObject>, "choose"> {
  listed: boolean;
  status: "current" | "legacy" | "undocumented";
  idempotent: boolean;
  confidential: readonly string[];
  /** Empty: all of them. */
  listedFields: readonly string[];
  /** Empty: all of them. */
  concise: readonly string[];
  /** null for composed actions. */
  method: HttpMethod | null;
  path: string | null;
  choose?(context: OperationContext, input: Record<string, unknown>): Record<string, unknown>;
  run(context: OperationContext, input: Record<string, unknown>, signal?: AbortSignal): Promise<unknown>;
}

type Placeholder<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;

interface Call<P extends string, I extends z.ZodObject> extends Described<I> {
  service: Service;
  method: HttpMethod;
  /** Every `{placeholder}` must be an input field: a missing one is a compile error. */
  path: Placeholder<P> extends keyof z.infer<I> ? P : never;
  /** Fields that go to the query although the method has a body. */
  query?: readonly (keyof z.infer<I> & string)[];
  /** The platform's own field that `cursor` stands for, where a list is not continued by a `cursor` of its own. */
  continues?: keyof z.infer<I> & string;
  /** Input field with the path of a local file, whose bytes go out instead. */
  file?: keyof z.infer<I> & string;
  /** Turns the decoded answer into the output, for lists without a wrapper and answers of more than one shape. */
  decode?: (data: unknown, input: z.infer<I>) => unknown;
  /** Our own bookkeeping after a success; must not throw. */
  settle?: (context: OperationContext, input: z.infer<I>) => void;
}

/** One REST call as data: placeholders from the input, the rest to the query (GET, DELETE) or the body. */
export function defineCall<const P extends string, I extends z.ZodObject>(call: Call<P, I>): Operation {
  const template: string = call.path;
  return {
    ...described(call),
    method: call.method,
    path: template,
    async run(context, input, signal) {
      const { [call.file ?? ""]: localPath, ...given } = input;
      const fields = call.continues === undefined ? given : continued(given, call.continues);
      const response = await context.rest.request(
        {
          service: call.service,
          method: call.method,
          template,
          ...(typeof localPath === "string" ? { file: await context.readFile(localPath) } : {}),
          ...place(template, fields, call.query ?? (call.method === "GET" || call.method === "DELETE" ? "all" : [])),
          repeatable: call.idempotent ?? call.permission === "read",
        },
        signal,
      );
      // The gate parsed with the same schema before it called.
      const parsed = input as z.infer<I>;
      call.settle?.(context, parsed);
      if (response.audit) return { pending_review: true, audit_id: response.audit.auditId, code: response.audit.code };
      return call.decode ? call.decode(response.data, parsed) : (response.data ?? {});
    },
  };
}

interface Action<I extends z.ZodObject> extends Described<I> {
  run(context: OperationContext, input: z.infer<I>, signal?: AbortSignal): Promise<unknown>;
  /** For an action that is still one endpoint of the platform. */
  method?: HttpMethod;
  path?: string;
}

/** The same record with code instead of a route, for what needs more than one call. */
export function defineAction<I extends z.ZodObject>(action: Action<I>): Operation {
  return {
    ...described(action),
    method: action.method ?? null,
    path: action.path ?? null,
    // As above: parsed before it gets here.
    run: (context, input, signal) => action.run(context, input as z.infer<I>, signal),
  };
}

function described<I extends z.ZodObject>(from: Described<I>): Omit<Operation, "method" | "path" | "run"> {
  const { name, title, summary, toolset, permission, scope, input, output, docs, undo, choose } = from;
  return {
    ...(undo === undefined ? {} : { undo }),
    // As below: parsed before it gets here.
    ...(choose ? { choose: (context, parsed) => choose(context, parsed as z.infer<I>) } : {}),
    ...{ name, title, summary, toolset, permission, scope, input, output, docs },
    listed: from.listed ?? false,
    status: from.status ?? "current",
    idempotent: from.idempotent ?? permission === "read",
    confidential: from.confidential ?? [],
    listedFields: from.listedFields ?? [],
    concise: from.concise ?? [],
  };
}

function continued({ cursor, ...fields }: Record<string, unknown>, field: string): Record<string, unknown> {
  return cursor === undefined ? fields : { ...fields, [field]: cursor };
}

function place(template: string, input: Record<string, unknown>, query: readonly string[] | "all") {
  const rest: Record<string, unknown> = { ...input };
  const path = template.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = rest[field];
    delete rest[field];
    if (typeof value !== "string" && typeof value !== "number")
      throw new InputError(field, `${field} is needed for the path`);
    return encodeURIComponent(String(value));
  });
  if (query === "all") return { path, query: rest as Record<string, string> };
  const picked = Object.fromEntries(query.filter((field) => field in rest).map((field) => [field, rest[field]]));
  const body = Object.fromEntries(Object.entries(rest).filter(([field]) => !query.includes(field)));
  return { path, query: picked as Record<string, string>, body };
}
