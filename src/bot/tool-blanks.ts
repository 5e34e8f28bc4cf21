import type { Operation } from "../operations/operation.ts";
import type { Scene } from "../protocol/scenes.ts";
import type { Place, Right } from "./rights.ts";

/**
 * An input field that names a place. hidden: the model does not see it, it is always here; default: here unless the model
 * says otherwise; asked: there is no "here" for it.
 */
export interface Blank {
  field: string;
  mode: "hidden" | "default" | "asked";
  value(place: Place): string | undefined;
}

/** The place fields of an operation in one kind of place; undefined when a stranger there has no use for it. */
export function blanksOf(
  operation: Operation,
  view: { right: Right; scene: Scene; inGuild: boolean },
): readonly Blank[] | undefined {
  const { scope, permission } = operation;
  const isStranger = view.right === "stranger";
  if (scope === "bot") return isStranger && permission !== "read" ? undefined : [];
  const ownId = (place: Place) => place.conversation.id;
  if ("conversation" in scope) {
    const mode = isStranger ? "hidden" : "default";
    return [
      { field: scope.conversation.scene, mode, value: (place) => place.conversation.scene },
      { field: scope.conversation.id, mode, value: ownId },
    ];
  }
  const [kind, field] = Object.entries(scope)[0] as [string, string];
  if (kind === "guild") {
    if (!view.inGuild) return [{ field, mode: "asked", value: () => undefined }];
    return [{ field, mode: isStranger ? "hidden" : "default", value: (place) => place.guildId }];
  }
  const isHere = kind === view.scene;
  // Inside a guild, strangers may read its other channels too; the gate looks up which guild a channel belongs to.
  if (isStranger && kind === "channel" && permission === "read" && view.inGuild)
    return [{ field, mode: isHere ? "default" : "asked", value: ownId }];
  if (isStranger) return isHere ? [{ field, mode: "hidden", value: ownId }] : undefined;
  return [{ field, mode: isHere ? "default" : "asked", value: ownId }];
}
