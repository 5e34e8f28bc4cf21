import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type HttpServer, serveHttp } from "../../src/mcp/http.ts";

/**
 * The tools, resources and prompts that the official conformance suite asks for by name. Nothing of ours but the way in:
 * the HTTP entry, its sessions and its event log are the product's.
 */
export function startConformanceServer(): Promise<HttpServer> {
  return serveHttp({ host: "127.0.0.1", port: 0, open: openSession });
}

function openSession() {
  const server = new Server(
    { name: "conformance", version: "1.0.0" },
    { capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} } },
  );
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  serveTools(server);
  serveResources(server);
  servePrompts(server);
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => {
    const values = ["paris", "park", "party"].filter((word) => word.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
  return {
    connect: (transport: Parameters<Server["connect"]>[0]) => server.connect(transport),
    close: () => server.close(),
    idle: () => Promise.resolve(),
    closed,
  };
}

type Input = Record<string, unknown>;
type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Content = Input & { type: string };

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";
const wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const words = (text: string): Content => ({ type: "text", text });
const image: Content = { type: "image", data: png, mimeType: "image/png" };
const audio: Content = { type: "audio", data: wav, mimeType: "audio/wav" };
const embedded = (uri: string, mimeType: string, text: string): Content => ({
  type: "resource",
  resource: { uri, mimeType, text },
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const texts = (...names: string[]) => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "string", description: name }])),
  required: names,
});

interface Fixture {
  inputSchema?: Input;
  run(input: Input, extra: Extra): Content[] | Promise<Content[]>;
}

async function ask(extra: Extra, message: string, properties: Input): Promise<Content[]> {
  const params = { message, requestedSchema: { type: "object", properties, required: Object.keys(properties) } };
  const request = { method: "elicitation/create", params } as ServerRequest;
  const { action, content } = await extra.sendRequest(request, ElicitResultSchema);
  return [words(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)];
}

const options = ["option1", "option2", "option3"];
const titled = (count: string[], ordinal: string) =>
  count.map((name, at) => ({ const: `value${at + 1}`, title: `${name} ${ordinal}` }));
const numbers = ["First", "Second", "Third"];

const tools: Record<string, Fixture> = {
  test_simple_text: { run: () => [words("This is a simple text response for testing.")] },
  test_image_content: { run: () => [image] },
  test_audio_content: { run: () => [audio] },
  test_embedded_resource: {
    run: () => [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  },
  test_multiple_content_types: {
    run: () => [
      words("Multiple content types test:"),
      image,
      embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
  },
  test_tool_with_logging: {
    async run(_, { sendNotification }) {
      for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        await sendNotification({ method: "notifications/message", params: { level: "info", data } });
        await pause(50);
      }
      return [words("Logged three times.")];
    },
  },
  test_error_handling: {
    run: () => Promise.reject(new Error("This tool intentionally returns an error for testing")),
  },
  test_tool_with_progress: {
    async run(_, { _meta, sendNotification }) {
      for (const progress of [0, 50, 100]) {
        const params = { progressToken: _meta?.progressToken ?? 0, progress, total: 100 };
        await sendNotification({ method: "notifications/progress", params });
        await pause(50);
      }
      return [words("Done.")];
    },
  },
  test_sampling: {
    inputSchema: texts("prompt"),
    async run({ prompt }, { sendRequest }) {
      const messages = [{ role: "user" as const, content: { type: "text" as const, text: String(prompt) } }];
      const request = { method: "sampling/createMessage" as const, params: { messages, maxTokens: 100 } };
      const { content } = await sendRequest(request, CreateMessageResultSchema);
      return [words(`LLM response: ${JSON.stringify(content)}`)];
    },
  },
  test_elicitation: {
    inputSchema: texts("message"),
    run: ({ message }, extra) =>
      ask(extra, String(message), { response: { type: "string", description: "User's response" } }),
  },
  test_elicitation_sep1034_defaults: {
    run: (_, extra) =>
      ask(extra, "Please review", {
        name: { type: "string", default: "John Doe" },
        age: { type: "integer", default: 30 },
        score: { type: "number", default: 95.5 },
        status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
        verified: { type: "boolean", default: true },
      }),
  },
  test_elicitation_sep1330_enums: {
    run: (_, extra) =>
      ask(extra, "Please choose", {
        untitledSingle: { type: "string", enum: options },
        titledSingle: { type: "string", oneOf: titled(numbers, "Option") },
        legacyEnum: {
          type: "string",
          enum: ["opt1", "opt2", "opt3"],
          enumNames: ["Option One", "Option Two", "Option Three"],
        },
        untitledMulti: { type: "array", items: { type: "string", enum: options } },
        titledMulti: { type: "array", items: { anyOf: titled(numbers, "Choice") } },
      }),
  },
  json_schema_2020_12_tool: {
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: {
        address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } },
      },
      properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
      additionalProperties: false,
    },
    run: (input) => [words(JSON.stringify(input))],
  },
  test_reconnection: {
    async run(_, { closeSSEStream }) {
      closeSSEStream?.();
      await pause(100);
      return [words("Answered on the second connection.")];
    },
  },
};

function serveTools(server: Server): void {
  const list = Object.entries(tools).map(([name, { inputSchema = texts() }]) => ({
    name,
    description: `Fixture ${name}`,
    inputSchema,
  }));
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: list }) as never);
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = tools[params.name];
    if (!tool) return { isError: true, content: [words(`no tool ${params.name}`)] } as never;
    try {
      return { content: await tool.run(params.arguments ?? {}, extra) } as never;
    } catch (error) {
      return { isError: true, content: [words((error as Error).message)] } as never;
    }
  });
}

function serveResources(server: Server): void {
  const resource = (name: string, mimeType: string) => ({ uri: `test://${name}`, name, mimeType });
  const resources = [
    resource("static-text", "text/plain"),
    resource("static-binary", "image/png"),
    resource("watched-resource", "text/plain"),
  ];
  const template = { uriTemplate: "test://template/{id}/data", name: "template", mimeType: "application/json" };
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [template] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    if (id !== undefined) return { contents: [{ uri, mimeType: "application/json", text: data }] };
    if (uri === "test://static-binary") return { contents: [{ uri, mimeType: "image/png", blob: png }] };
    return { contents: [{ uri, mimeType: "text/plain", text: "This is the content of the static text resource." }] };
  });
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
}

const prompts: Record<string, { arguments: string[]; say(input: Record<string, string>): Content[] }> = {
  test_simple_prompt: { arguments: [], say: () => [words("This is a simple prompt for testing.")] },
  test_prompt_with_arguments: {
    arguments: ["arg1", "arg2"],
    say: ({ arg1, arg2 }) => [words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  test_prompt_with_embedded_resource: {
    arguments: ["resourceUri"],
    say: ({ resourceUri = "" }) => [
      embedded(resourceUri, "text/plain", "Embedded resource content for testing."),
      words("Please process the embedded resource above."),
    ],
  },
  test_prompt_with_image: { arguments: [], say: () => [image, words("Please analyze the image above.")] },
};

function servePrompts(server: Server): void {
  const list = Object.entries(prompts).map(([name, prompt]) => ({
    name,
    description: `Fixture ${name}`,
    arguments: prompt.arguments.map((argument) => ({ name: argument, description: argument, required: true })),
  }));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: list }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const contents = prompts[params.name]?.say(params.arguments ?? {}) ?? [];
    return { messages: contents.map((content) => ({ role: "user", content })) } as never;
  });
}
