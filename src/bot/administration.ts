import type { Operation } from "../operations/operation.ts";

/** free: runs at once. word: only when a person who may has agreed. */
type Care = "free" | "word";

/** What an admin's turn is offered beside the everyday tools, and with how much care. */
const tools: Readonly<Record<string, Care>> = {
  list_group_members: "free",
  list_join_requests: "free",
  review_join_request: "word",
  set_group_mutes: "word",
  remove_group_members: "word",
  update_group_blacklist: "word",
  mute_member: "word",
  mute_members: "word",
  mute_guild: "word",
  remove_member: "word",
  add_member_role: "word",
  remove_member_role: "word",
  create_announcement: "word",
  delete_announcement: "word",
  pin_message: "free",
  unpin_message: "word",
  create_channel: "free",
  update_channel: "free",
  delete_channel: "word",
};

export function isAdministration({ name }: Operation): boolean {
  return Object.hasOwn(tools, name);
}

/** Whatever destroys, and all that manages but for what is named as free. */
export function needsWord({ name, permission }: Operation): boolean {
  return permission === "destroy" || (permission === "manage" && tools[name] !== "free");
}
