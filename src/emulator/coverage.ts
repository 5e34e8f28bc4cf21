/**
 * Rows of the platform's endpoint list that the emulator does not answer yet: it says 404 there. A test compares this
 * list and the routes with the full list, so that each endpoint is in exactly one of them.
 */
export const notYet: readonly string[] = [
  "channel.messages.patch",
  "channel.settingguide",
  "channels.announces.create",
  "channels.announces.delete",
  "dm.messages.get",
  "dm.settingguide",
  "webhook.sessions.create",
  "webhook.sessions.list",
  "webhook.sessions.check",
  "webhook.sessions.delete",
];
