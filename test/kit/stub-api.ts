import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface StubAnswer {
  status?: number;
  body: unknown;
}

const unknown: StubAnswer = { status: 404, body: { message: "the stub has no such path" } };
const token: StubAnswer = { body: { access_token: "stub-token", expires_in: "7200" } };

/**
 * A bot API that gives the same answer to every call of a path (`/gateway/bot`): for what the emulator never says. Tokens
 * are given to everybody unless told otherwise; paths without an answer are 404.
 */
export async function startStubApi(answers: Readonly<Record<string, StubAnswer>>) {
  const all: Readonly<Record<string, StubAnswer>> = { "/app/getAppAccessToken": token, ...answers };
  const server = createServer((request, response) => {
    void readAll(request).then(() => {
      const { status = 200, body } = all[(request.url ?? "").split("?")[0] ?? ""] ?? unknown;
      response.writeHead(status, { "content-type": "application/json", "x-tps-trace-id": "stub-trace" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    variables: {
      QQ_BOT_APP_ID: "102000099",
      QQ_BOT_APP_SECRET: "stub-secret",
      QQ_BOT_API_BASE: url,
      QQ_BOT_TOKEN_URL: `${url}/app/getAppAccessToken`,
    },
  };
}

/** A port on which nobody listens, at least just now. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
