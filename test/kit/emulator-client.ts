import { onTestFinished } from "vitest";
import { createRestClient } from "../../src/rest/client.ts";
import { createHttp } from "../../src/rest/http.ts";
import type { RestClient } from "../../src/rest/request.ts";
import { createTokenSource } from "../../src/rest/token.ts";
import type { TestEmulator } from "./emulator.ts";
import type { FakeClock } from "./fake-clock.ts";

/** Our REST client on a local QQ that lives by the same clock; ends with the test. */
export function restOn(emulator: TestEmulator, clock: FakeClock): RestClient {
  const { appId, appSecret } = emulator.app;
  const http = createHttp();
  onTestFinished(() => http.close());
  const token = createTokenSource({ url: emulator.tokenUrl, appId, secret: appSecret, fetch: http.fetch, clock });
  return createRestClient({
    services: { bot: { baseUrl: emulator.url, authorize: token } },
    ...{ fetch: http.fetch, clock, pacing: "off" },
  });
}
