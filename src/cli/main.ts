// Assistants start the MCP server again and again and wait for it: it answers first and reads its flags afterwards.
if (process.argv[2] === "mcp") {
  const { mcp } = await import("./mcp.ts");
  process.exitCode = await mcp(process.argv);
} else {
  // `qq-skill operations | head`: who reads has seen enough. A bot or server has other ways to end.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
  });
  const { program } = await import("./program.ts");
  process.exitCode = await program(process.argv);
}
