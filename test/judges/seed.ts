import { defaultSeed, type WorldSeed } from "../../src/emulator/seed.ts";

/** What the operator or a guild's owner can allow is allowed: the judges ask about programs, not about rights. */
export const generousSeed: WorldSeed = {
  ...defaultSeed,
  dials: {
    hasArk: true,
    hasGuildMarkdown: true,
    hasInterfaceRates: false,
    channelMessagesPerSecond: 100,
    activePerPeerPerMinute: 100,
    activePerPeerPerDay: 100,
    activePerDmsPerDay: 100,
    activePerChannelPerDay: 100,
  },
};
