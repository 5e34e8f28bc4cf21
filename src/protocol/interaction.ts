import { z } from "zod";
import { looseId, looseNumber, looseText, looseTime } from "./loose.ts";

export const interaction = z.looseObject({
  id: z.string().describe("For the acknowledgement; replies take the event's outer id"),
  type: looseNumber,
  scene: looseText.describe("c2c, group or guild"),
  chat_type: looseNumber.describe("0 guild, 1 group, 2 c2c"),
  application_id: looseId,
  timestamp: looseTime,
  version: looseNumber,
  user_openid: looseText,
  group_openid: looseText,
  group_member_openid: looseText,
  guild_id: looseId,
  channel_id: looseId,
  data: z
    .looseObject({
      type: looseNumber,
      resolved: z
        .looseObject({
          button_id: looseId,
          button_data: looseText,
          feature_id: looseId,
          user_id: looseId.describe("Guild: who clicked"),
          message_id: looseText,
          feedback_opt: looseText.describe("LIKE or UNLIKE"),
        })
        .nullish(),
    })
    .nullish(),
});
