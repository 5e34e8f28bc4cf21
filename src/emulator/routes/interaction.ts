import { ok, type Route } from "../call.ts";
import { refuse } from "../refusal.ts";

/** Acknowledging button clicks. */
export const interactionRoutes: readonly Route[] = [
  {
    endpoint: "interactions.ack",
    method: "PUT",
    path: "/interactions/{interaction_id}",
    handle: ({ platform, params, body }) => {
      const interaction = platform.interactions.get(params.interaction_id ?? "");
      if (!interaction) refuse(630001, "bad parameter: interaction_id");
      const code = body.code ?? 0;
      if (typeof code !== "number" || ![0, 1, 2, 3, 4, 5].includes(code)) refuse(630001, "bad parameter: code");
      if (interaction.code !== undefined) refuse(630001, "bad parameter: already acknowledged");
      interaction.code = code;
      platform.feed.push(() => ({ kind: "interaction", interaction }));
      return ok({});
    },
  },
];
