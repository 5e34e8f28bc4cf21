import type { Platform } from "./platform.ts";
import { viewWorld, wireIdentities } from "./world.ts";

/** Shows the pages who and what there is now. */
export function pushWorld(platform: Platform): void {
  platform.feed.push(() => ({
    kind: "world",
    world: viewWorld(platform.world),
    identities: wireIdentities(platform.world),
  }));
}
