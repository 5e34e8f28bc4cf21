/** Resolves at the first SIGINT or SIGTERM (or SIGBREAK on Windows); a second one ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = () => {
      if (isStopping) process.exit(130);
      isStopping = true;
      resolve();
    };
    const signals: NodeJS.Signals[] =
      process.platform === "win32" ? ["SIGINT", "SIGTERM", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
    for (const signal of signals) process.on(signal, stop);
  });
}
