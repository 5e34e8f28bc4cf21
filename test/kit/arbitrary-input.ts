import fc from "fast-check";
import { z } from "zod";

type Node = Record<string, unknown>;

/** Values worth trying in a field besides made-up ones, as ids of things that exist; by the field's name. */
export type KnownValues = (field: string) => readonly unknown[];

/** Values of the shape that a schema describes; its own rules beyond the shape are for the caller to filter by. */
export function arbitraryInput(schema: z.ZodType, known: KnownValues = () => []): fc.Arbitrary<unknown> {
  return valueFor(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node, { field: "", known });
}

interface Place {
  field: string;
  known: KnownValues;
}

function valueFor(node: Node, place: Place): fc.Arbitrary<unknown> {
  const made = madeUp(node, place);
  const values = node.type === "object" || node.type === "array" ? [] : place.known(place.field);
  if (values.length === 0) return made;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: made });
}

function madeUp(node: Node, place: Place): fc.Arbitrary<unknown> {
  if ("const" in node) return fc.constant(node.const);
  if (Array.isArray(node.enum)) return fc.constantFrom(...node.enum);
  if (Array.isArray(node.anyOf)) return fc.oneof(...node.anyOf.map((option: Node) => valueFor(option, place)));
  if (node.type === "object") return objectOf(node, place);
  if (node.type === "array") return listOf(node, place);
  if (node.type === "string") return textOf(node);
  if (node.type === "boolean") return fc.boolean();
  if (node.type === "integer" || node.type === "number") return numberOf(node);
  return fc.jsonValue({ maxDepth: 2 });
}

function objectOf(node: Node, place: Place): fc.Arbitrary<unknown> {
  const fields = (node.properties ?? {}) as Record<string, Node>;
  const required = (node.required ?? []) as string[];
  const known = Object.fromEntries(
    Object.entries(fields).map(([field, child]) => [field, valueFor(child, { ...place, field })]),
  );
  const optional = Object.keys(fields).filter((field) => !required.includes(field));
  // Mostly few of them: fields that exclude each other are many, and all at once are hardly ever accepted.
  const record = fc
    .oneof(
      { weight: 4, arbitrary: fc.subarray(optional, { maxLength: Math.min(optional.length, 2) }) },
      { weight: 1, arbitrary: fc.subarray(optional) },
    )
    .chain((chosen) => fc.record(pick(known, [...required, ...chosen]), { noNullPrototype: true }));
  if (typeof node.additionalProperties !== "object") return record;
  const names = textOf((node.propertyNames ?? {}) as Node).filter((name) => !(name in fields));
  const more = fc.dictionary(names, valueFor(node.additionalProperties as Node, { ...place, field: "" }), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  return fc.tuple(more, record).map(([extra, own]) => ({ ...extra, ...own }));
}

function pick<T>(from: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}

function listOf(node: Node, place: Place): fc.Arbitrary<unknown> {
  const { minItems = 0, maxItems = 20 } = node as { minItems?: number; maxItems?: number };
  const maxLength = Math.max(minItems, Math.min(maxItems, minItems + 3));
  return fc.array(valueFor((node.items ?? {}) as Node, place), { minLength: minItems, maxLength });
}

function numberOf(node: Node): fc.Arbitrary<number> {
  const min = Math.max(Number(node.minimum ?? Number.MIN_SAFE_INTEGER), Number.MIN_SAFE_INTEGER);
  const max = Math.min(Number(node.maximum ?? Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  return node.type === "integer" ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
}

const longest = 300;

function textOf(node: Node): fc.Arbitrary<string> {
  const {
    minLength = 0,
    maxLength = longest,
    format,
    pattern,
  } = node as {
    minLength?: number;
    maxLength?: number;
    format?: string;
    pattern?: string;
  };
  if (format === "date-time") return fc.integer({ min: 0, max: 4e9 }).map((s) => new Date(s * 1000).toISOString());
  if (format === "uri") return fc.constantFrom("https://example.com/a.png", "http://127.0.0.1:1/a", "ftp://x/y");
  if (format === "base64") return fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64"));
  const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, longest)) };
  if (pattern === undefined) {
    return fc.oneof(
      fc.string({ ...size, unit: "grapheme" }),
      fc.string({ ...size, unit: "binary" }),
      fc
        .constantFrom("你好", "<@!1>", "constructor", "__proto__", "../..", "%2e%2e", "a\u0000b")
        .map((text) => text.padEnd(minLength, "x")),
    );
  }
  // What the generator of matching text cannot read are the forms of ids: nearly every word fits them.
  if (/\(\?!|\\p/.test(pattern)) {
    const fits = new RegExp(pattern, "u");
    return fc
      .oneof(fc.string({ ...size, unit: "grapheme" }), fc.constantFrom("constructor", "__proto__", "...", "a%2Fb", "0"))
      .map((text) => (fits.test(text) ? text : text.replace(/[\s\p{Cc}/\\?#]/gu, "") || "x"))
      .map((text) => (fits.test(text) ? text : "x"));
  }
  return fc.stringMatching(new RegExp(pattern));
}
