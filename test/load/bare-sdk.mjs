// The official SDK's server with one tool, as its own guide writes it: what a small server without further care costs.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "bare-sdk", version: "1.0.0" });
server.registerTool("echo", { description: "Echo", inputSchema: { message: z.string() } }, async ({ message }) => ({
  content: [{ type: "text", text: message }],
}));
await server.connect(new StdioServerTransport());
process.stdin.on("end", () => process.exit(0));
