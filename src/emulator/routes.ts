import type { Route } from "./call.ts";
import { announceRoutes } from "./routes/announces.ts";
import { apiPermissionRoutes } from "./routes/api-permissions.ts";
import { audioRoutes } from "./routes/audio.ts";
import { botRoutes } from "./routes/bot.ts";
import { c2cRoutes } from "./routes/c2c.ts";
import { channelMessageRoutes } from "./routes/channel-messages.ts";
import { channelPermissionRoutes } from "./routes/channel-permissions.ts";
import { channelRoutes } from "./routes/channels.ts";
import { chunkedMediaRoutes } from "./routes/chunked-media.ts";
import { dmsRoutes } from "./routes/dms.ts";
import { groupRoutes } from "./routes/group.ts";
import { groupManageRoutes } from "./routes/group-manage.ts";
import { groupMemberRoutes } from "./routes/group-members.ts";
import { guildRoutes } from "./routes/guild.ts";
import { interactionRoutes } from "./routes/interaction.ts";
import { joinStrategyRoutes } from "./routes/join-strategies.ts";
import { mediaRoutes } from "./routes/media.ts";
import { menuRoutes } from "./routes/menu.ts";
import { muteRoutes } from "./routes/mute.ts";
import { panelRoutes } from "./routes/panels.ts";
import { reactionRoutes } from "./routes/reactions.ts";
import { roleRoutes } from "./routes/roles.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { streamRoutes } from "./routes/stream.ts";
import { threadRoutes } from "./routes/threads.ts";

/** Every call that the emulator answers, besides the token. A new family is one line here. */
export const routes: readonly Route[] = [
  ...botRoutes,
  ...guildRoutes,
  ...channelRoutes,
  ...roleRoutes,
  ...channelPermissionRoutes,
  ...muteRoutes,
  ...announceRoutes,
  ...scheduleRoutes,
  ...audioRoutes,
  ...threadRoutes,
  ...apiPermissionRoutes,
  ...channelMessageRoutes,
  ...reactionRoutes,
  ...dmsRoutes,
  ...c2cRoutes,
  ...streamRoutes,
  ...groupRoutes,
  ...groupManageRoutes,
  ...groupMemberRoutes,
  ...joinStrategyRoutes,
  ...menuRoutes,
  ...panelRoutes,
  ...mediaRoutes,
  ...chunkedMediaRoutes,
  ...interactionRoutes,
];
