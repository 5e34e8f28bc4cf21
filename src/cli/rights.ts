import type { Config } from "../config/schema.ts";
import type { DeskRights } from "../mcp/desk.ts";
import { permissions } from "../operations/operation.ts";

/** Without the setting: everything on a local QQ, and on the real one reading alone. */
export function assistantRights(config: Config, isLocal: boolean): DeskRights {
  const { mcpRights: words, mcpReadTargets: read, mcpWriteTargets: write, mcpConfirm: confirm } = config;
  const isAll = words?.includes("all") ?? isLocal;
  const granted = permissions.filter((right) => isAll || (words ?? ["read"]).includes(right));
  return { grants: new Set(granted), targets: { read, write }, confirm };
}
