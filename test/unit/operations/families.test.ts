import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { findOperation, operations } from "../../../src/operations/all.ts";
import { callOperation, inputSchema } from "../../../src/operations/call.ts";
import { everydayOperations } from "../../../src/operations/everyday.ts";
import { permissions, toolsets } from "../../../src/operations/operation.ts";
import { fakeContext } from "../../kit/fake-context.ts";

interface Endpoint {
  method: string;
  path: string;
  status: string;
  params: { path: Record<string, EndpointField>; query: Record<string, EndpointField> };
  body: Record<string, EndpointField>;
}

interface EndpointField {
  required: boolean;
}

const file = new URL("../../fixtures/endpoints.json", import.meta.url);
const endpoints = JSON.parse(readFileSync(file, "utf8")) as Endpoint[];

const run = (name: string, input: Record<string, unknown>, respond: (path: string) => unknown = () => undefined) => {
  const operation = findOperation(name);
  if (!operation) throw new Error(`no operation ${name}`);
  const fake = fakeContext({ respond: (request) => respond(request.path) });
  return { fake, output: callOperation(operation, fake.context, input) };
};

/** Marks of the endpoint table in our words. */
const statuses: Record<string, string> = {
  current: "current",
  "legacy-doc": "legacy",
  undocumented: "undocumented",
  "sdk-only": "undocumented",
};

describe("the table", () => {
  it("has unique names of the form verb_noun and known words", () => {
    const names = operations.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, toolset, permission, title, summary, docs } of operations) {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/);
      expect(toolsets).toContain(toolset);
      expect(permissions).toContain(permission);
      expect(title && summary).toBeTruthy();
      expect(docs).toMatch(/^https:\/\//);
    }
  });

  it("agrees with the platform's endpoints: method, path, fields and legacy marks", () => {
    for (const operation of operations.filter(({ path }) => path !== null)) {
      // The table is of the bot API; these two have hosts of their own.
      if (operation.toolset === "oauth" || operation.toolset === "mini") continue;
      const rows = endpoints.filter((each) => each.method === operation.method && each.path === operation.path);
      // Two rows may share a route: the one that knows all fields is meant.
      const row = rows.find((each) => Object.keys(operation.input.shape).every(isKnownTo(each))) ?? rows[0];
      expect(row, operation.name).toBeDefined();
      if (!row || operation.name === "get_token_status") continue;
      expect(operation.status, operation.name).toBe(statuses[row.status]);
      const isKnown = isKnownTo(row);
      // Ours, where a list is continued by something else: it stands for that.
      const isOurs = (field: string) => field === "cursor" && "next_cursor" in (operation.output as z.ZodObject).shape;
      expect(
        Object.keys(operation.input.shape).filter((field) => !isKnown(field) && !isOurs(field)),
        operation.name,
      ).toEqual([]);
      const required = Object.entries({ ...row.params.path, ...row.params.query, ...row.body })
        .filter(([, field]) => field.required)
        .map(([name]) => name);
      expect(Object.keys(operation.input.shape), operation.name).toEqual(expect.arrayContaining(required));
    }
  });

  it("has every call that the platform documents today, each once", () => {
    const routeOf = ({ method, path }: { method: string | null; path: string | null }) => `${method} ${path}`;
    const offered = operations.filter(({ path, status }) => path !== null && status === "current").map(routeOf);
    const current = endpoints.filter(({ status }) => status === "current").map(routeOf);
    expect(offered.filter((route) => current.includes(route)).sort()).toEqual(current.sort());
  });

  it("describes and bounds every input, at every depth, and refuses unknown fields", () => {
    for (const operation of operations) {
      expect(operation.input.safeParse({ surely_unknown_field: 1 }).error?.issues.map((issue) => issue.code)).toContain(
        "unrecognized_keys",
      );
      for (const [path, field] of walk(inputSchema(operation), operation.name)) {
        expect(field.description, path).toBeTruthy();
        if (field.properties) expect(field.additionalProperties, path).toBe(false);
        // Positions in the inbox have no end.
        if (field.type === "integer" && !field.enum && !path.endsWith(".cursor"))
          expect([field.minimum, field.maximum], path).not.toContain(undefined);
      }
    }
  });

  it("describes its outputs: an object with something in it", () => {
    for (const { name, output } of operations) {
      const schema = z.toJSONSchema(output, { io: "output" });
      expect(schema.type, name).toBe("object");
      expect(Object.keys(schema.properties ?? {}), name).not.toEqual([]);
    }
  });

  it("marks what takes something away as destructive and what only looks as a read", () => {
    for (const { name, permission } of operations) {
      if (/^recall_/.test(name)) expect(permission).toBe("destroy");
      if (/^(get|list|wait)_/.test(name)) expect(permission).toBe("read");
    }
  });
});

interface Field {
  type?: string;
  description?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Field>;
  items?: Field;
  additionalProperties?: unknown;
}

function* walk(schema: Field, path: string): Generator<[string, Field]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    // What the protocol's own objects say of their parts is tested with them.
    if (["keyboard", "markdown"].includes(name)) continue;
    yield [`${path}.${name}`, field];
    yield* walk(field, `${path}.${name}`);
    if (!field.items) continue;
    if (field.items.properties) yield [`${path}.${name}[]`, { description: "of a list", ...field.items }];
    yield* walk(field.items, `${path}.${name}[]`);
  }
}

function isKnownTo({ params, body, path }: Endpoint): (field: string) => boolean {
  const known = [...Object.keys({ ...params.path, ...params.query, ...body }), ...placeholders(path)];
  return (field) => known.includes(field);
}

function placeholders(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
}

describe("reads", () => {
  it("accept lists with and without a wrapper, and tell where the next page begins", async () => {
    const rows = [
      { id: "1", name: "a" },
      { id: "2", name: "b" },
    ];
    expect(await run("list_guilds", { limit: 2 }, () => rows).output).toEqual({ guilds: rows, next_cursor: "2" });
    expect(await run("list_guilds", {}, () => ({ guilds: rows })).output).toEqual({ guilds: rows });
    expect(await run("list_guilds", {}, () => undefined).output).toEqual({ guilds: [] });
    const members = [{ user: { id: "u1" } }];
    expect(await run("list_members", { guild_id: "1", limit: 1 }, () => members).output).toEqual({
      members,
      next_cursor: "u1",
    });
  });

  it("ask for useful pages: the platform's own default is one member", async () => {
    const { fake, output } = run("list_members", { guild_id: "1" }, () => []);
    await output;
    expect(fake.requests[0]?.query).toEqual({ after: "0", limit: 50 });
    const most = run("list_members", { guild_id: "1", limit: 5000, cursor: "u7" }, () => []);
    await most.output;
    expect(most.fake.requests[0]?.query).toEqual({ after: "u7", limit: 400 });
  });

  it("unwrap a message that comes inside a message", async () => {
    const message = { id: "m", content: "x" };
    const input = { channel_id: "c", message_id: "m" };
    expect(await run("get_channel_message", input, () => ({ message })).output).toEqual(message);
    expect(await run("get_channel_message", input, () => message).output).toEqual(message);
  });

  it("take one neighbour at most for a page of messages", async () => {
    const input = { channel_id: "c", before: "a", after: "b" };
    await expect(run("list_channel_messages", input).output).rejects.toMatchObject({ field: "around" });
  });

  it("show the token's life, never the token", async () => {
    const text = JSON.stringify(await run("get_token_status", {}).output);
    expect(text).toContain('"remaining_seconds":7200');
    expect(text).not.toContain("token-value");
  });
});

describe("sends", () => {
  it("need some content in guilds", async () => {
    for (const [name, place] of [
      ["send_channel_message", { channel_id: "c" }],
      ["send_dm_message", { guild_id: "g" }],
    ] as const) {
      await expect(run(name, place).output).rejects.toMatchObject({ field: "content" });
      const { fake, output } = run(name, { ...place, image: "https://x.com/a.png", msg_id: "m" });
      await output;
      expect(fake.requests[0]?.body).toEqual({ image: "https://x.com/a.png", msg_id: "m" });
    }
  });

  it("are never repeated by themselves: no reply number guards them", async () => {
    const { fake, output } = run("send_group_message", { group_openid: "G", msg_type: 0, content: "x", msg_id: "m" });
    await output;
    expect(fake.requests[0]?.repeatable).toBe(false);
  });

  it("complete a keyboard to the form that every client shows", async () => {
    const keyboard = {
      content: { rows: [{ buttons: [{ render_data: { label: "OK" }, action: { type: 1, data: "ok" } }] }] },
    };
    const { fake, output } = run("send_group_message", {
      group_openid: "G",
      msg_type: 2,
      markdown: { content: "# hi" },
      keyboard,
    });
    await output;
    expect(JSON.stringify(fake.requests[0]?.body)).toContain('"visited_label":"OK"');
  });

  it("open a DM session from either form of the answer", async () => {
    const session = { guild_id: "s1" };
    const input = { recipient_id: "u", source_guild_id: "g" };
    expect(await run("create_dm_session", input, () => [session]).output).toEqual(session);
    expect(await run("create_dm_session", input, () => session).output).toEqual(session);
  });

  it("acknowledge with code 0 unless told otherwise", async () => {
    const { fake, output } = run("ack_interaction", { interaction_id: "i1" });
    await output;
    expect(fake.requests[0]).toMatchObject({ method: "PUT", path: "/interactions/i1", body: { code: 0 } });
  });
});

describe("the raw uploads", () => {
  const place = { group_openid: "G1" };
  const url = "https://x.com/a.png";

  it.each([
    [{ ...place, file_type: 1, url }],
    [{ ...place, file_type: 1, file_data: "AAAA" }],
    [{ ...place, upload_id: "u" }],
  ])("take one source: %j", async (input) => {
    const { fake, output } = run("upload_group_media", input, () => ({ file_info: "f" }));
    await output;
    expect(fake.requests[0]?.body).toMatchObject({ srv_send_msg: false });
  });

  it.each([
    [{ file_type: 1 }, "url"],
    [{ file_type: 1, url, upload_id: "u" }, "url"],
    [{ url }, "file_type"],
    [{ file_type: 1, file_data: "no base64!" }, "file_data"],
  ])("refuse %j", async (input, field) => {
    const { fake, output } = run("upload_group_media", { ...place, ...input });
    await expect(output).rejects.toMatchObject({ name: "InputError", field });
    expect(fake.requests).toEqual([]);
  });

  it.each([
    ["file_size", "0"],
    ["file_size", "209715201"],
    ["md5", "xyz"],
    ["sha1", "0".repeat(39)],
    ["md5_10m", ""],
  ])("refuse to announce a file with %s %j", async (field, value) => {
    const hex = (digits: number) => "a".repeat(digits);
    const right = { file_type: 4, file_size: "5", file_name: "a", md5: hex(32), sha1: hex(40), md5_10m: hex(32) };
    const { output } = run("prepare_group_upload", { group_id: "G1", ...right, [field]: value });
    await expect(output).rejects.toMatchObject({ name: "InputError", field });
  });
});

describe("upload_media", () => {
  const place = { scene: "group", id: "G1" } as const;

  it("uploads by address without sending it", async () => {
    const { fake, output } = run("upload_media", { ...place, url: "https://x.com/a.png", file_type: 1 }, () => ({
      file_info: "f",
    }));
    expect(await output).toEqual({ file_info: "f" });
    expect(fake.requests[0]).toMatchObject({
      path: "/v2/groups/G1/files",
      body: { file_type: 1, url: "https://x.com/a.png", srv_send_msg: false },
    });
  });

  it("uploads a local file as bytes, under its own name unless another one is given", async () => {
    const { fake, output } = run("upload_media", { ...place, scene: "c2c", path: "/files/a.png" });
    expect(await output).toMatchObject({ file_info: "info of a.png" });
    await run("upload_media", { ...place, path: "/files/a.png", file_name: "b.png", file_type: 4 }).output;
    expect(fake.uploads).toEqual([{ scene: "c2c", id: "G1", name: "a.png", size: 3, fileType: undefined }]);
    expect(fake.requests).toEqual([]);
  });

  it.each([
    [{}, "url"],
    [{ url: "https://x.com/a.png", path: "/a.png", file_type: 1 }, "url"],
    [{ url: "https://x.com/a.png" }, "file_type"],
    [{ url: "ftp://x.com/a.png", file_type: 1 }, "url"],
    [{ scene: "channel", path: "/a.png" }, "scene"],
  ])("refuses %j", async (input, field) => {
    const { fake, output } = run("upload_media", { ...place, ...input });
    await expect(output).rejects.toMatchObject({ name: "InputError", field });
    expect(fake.requests).toEqual([]);
  });
});

describe("what the bot loads", () => {
  it("holds every operation that is listed by default", () => {
    const everyday = new Set(everydayOperations.map(({ name }) => name));
    expect(operations.filter(({ listed, name }) => listed && !everyday.has(name)).map(({ name }) => name)).toEqual([]);
  });
});
