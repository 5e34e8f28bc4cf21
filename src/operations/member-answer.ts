import { z } from "zod";

/** A guild member as every list and read answers it. */
export const memberAnswer = z.looseObject({
  user: z
    .looseObject({
      id: z.string(),
      username: z.string().optional(),
      avatar: z.string().optional(),
      bot: z.boolean().optional(),
    })
    .optional(),
  nick: z.string().optional(),
  roles: z.array(z.string()).optional().describe("Role ids"),
  joined_at: z.string().optional(),
});

export const roleAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  color: z.number().optional().describe("ARGB as a decimal number"),
  hoist: z.number().optional().describe("1: shown apart in the member list"),
  number: z.number().optional().describe("People who have it"),
  member_limit: z.number().optional(),
});
