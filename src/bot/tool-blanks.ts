import type { Operation } from "../operations/operation.ts";
import type { Scene } from "../protocol/scenes.ts";
import { isAtLeast, type Place, type Right } from "./rights.ts";

/**
 * An input field that names a place. hidden: the model does not see it, it is always here; default: here unless the model
 * says otherwise; asked: there is no "here" for it.
 */
export interface Blank {
  field: string;
  mode: "hidden" | "default" | "asked";
  value(place: Place): string | undefined;
}

/** The place fields of an operation in one kind of place; undefined when this right has no use for it there. */
export function blanksOf(
  operation: Operation,
  view: { right: Right; scene: Scene; inGuild: boolean },
): readonly Blank[] | undefined {
  const { scope, permission } = operation;
  const isOwner = view.right === "owner";
  if (scope === "bot") return isOwner || permission === "read" ? [] : undefined;
  const ownId = (place: Place) => place.conversation.id;
  if ("conversation" in scope) {
    const mode = isOwner ? "default" : "hidden";
    return [
      { field: scope.conversation.scene, mode, value: (place) => place.conversation.scene },
      { field: scope.conversation.id, mode, value: ownId },
    ];
  }
  const [kind, field] = Object.entries(scope)[0] as [string, string];
  if (kind === "guild") {
    if (!view.inGuild) return isOwner ? [{ field, mode: "asked", value: () => undefined }] : undefined;
    return [{ field, mode: isOwner ? "default" : "hidden", value: (place) => place.guildId }];
  }
  const isHere = kind === view.scene;
  // The gate looks up which guild a channel belongs to.
  const isOpen =
    isOwner || (kind === "channel" && view.inGuild && permission !== "send" && isAtLeast(view.right, "trusted"));
  if (isOpen) return [{ field, mode: isHere ? "default" : "asked", value: ownId }];
  return isHere ? [{ field, mode: "hidden", value: ownId }] : undefined;
}
