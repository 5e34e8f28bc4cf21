// Assistants start the MCP server again and again and wait for it: it answers first and reads its flags afterwards.
if (process.argv[2] === "mcp") {
  const { mcp } = await import("./mcp.ts");
  process.exitCode = await mcp(process.argv);
} else {
  const { program } = await import("./program.ts");
  process.exitCode = await program(process.argv);
}
