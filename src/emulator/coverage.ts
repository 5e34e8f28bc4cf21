const undocumented = "undocumented: one client's source is all that is known of it";
const moved = "legacy: the callback address is set in the developer console today";
const withdrawn = "deprecated: withdrawn on 2022-03-15 in favour of pins";

/**
 * Rows of the platform's endpoint list that have neither route nor operation, with the reason: the emulator says 404
 * there. A test compares this list and the routes with the full list, so that each endpoint is in exactly one of them.
 */
export const leftOut: Readonly<Record<string, string>> = {
  "channel.messages.patch": undocumented,
  "channel.settingguide": undocumented,
  "dm.messages.get": undocumented,
  "dm.settingguide": undocumented,
  "channels.announces.create": withdrawn,
  "channels.announces.delete": withdrawn,
  "webhook.sessions.create": moved,
  "webhook.sessions.list": moved,
  "webhook.sessions.check": moved,
  "webhook.sessions.delete": moved,
};
