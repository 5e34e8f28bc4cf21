import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "./errors.ts";

export interface ListenAddress {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Names of the settings that a refusal points to. */
  settings: { host: string; port: string };
}

/** Resolves to the origin (`http://127.0.0.1:8080`). Throws ConfigError when the address cannot be had. */
export async function listen(server: Server, address: ListenAddress): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(error, address)));
    server.listen(address.port, address.host, resolve);
  });
  const { address: host, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${host}]` : host}:${port}`;
}

const portRefusals: Record<string, { message: string; remedy: string }> = {
  EADDRINUSE: { message: "is in use", remedy: "end the other program, or set another port" },
  EACCES: { message: "needs more rights", remedy: "set a port above 1023" },
};
const hostRefusals = ["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"];

function refusal(error: NodeJS.ErrnoException, { host, port, settings }: ListenAddress): unknown {
  const ofPort = portRefusals[error.code ?? ""];
  if (ofPort) {
    const message = `${settings.port}: ${host}:${port} ${ofPort.message}`;
    return new ConfigError(settings.port, message, { remedy: ofPort.remedy, cause: error });
  }
  if (!hostRefusals.includes(error.code ?? "")) return error;
  return new ConfigError(settings.host, `${settings.host}: ${host} is no address of this machine`, {
    remedy: "set 127.0.0.1, or an address that is",
    cause: error,
  });
}
