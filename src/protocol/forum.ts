import { z } from "zod";
import { looseId, looseNumber, looseText, looseTime } from "./loose.ts";

const place = { guild_id: looseId, channel_id: looseId, author_id: looseId };
/** A JSON string `{paragraphs:[{elems,props}]}`; an old page shows an array instead. */
const richText = z.union([z.string(), z.array(z.unknown()), z.looseObject({})]).nullish();

export const forumThread = z.looseObject({
  ...place,
  thread_info: z
    .looseObject({ thread_id: looseId, title: richText, content: richText, date_time: looseTime })
    .nullish(),
});

export const forumPost = z.looseObject({
  ...place,
  post_info: z.looseObject({ thread_id: looseId, post_id: looseId, content: richText, date_time: looseTime }).nullish(),
});

export const forumReply = z.looseObject({
  ...place,
  reply_info: z
    .looseObject({ thread_id: looseId, post_id: looseId, reply_id: looseId, content: richText, date_time: looseTime })
    .nullish(),
});

export const forumAudit = z.looseObject({
  ...place,
  task_id: looseId,
  thread_id: looseId,
  post_id: looseId,
  reply_id: looseId,
  type: looseNumber.describe("1 thread, 2 post, 3 reply"),
  result: looseNumber.describe("0 ok, 1 failed"),
  err_msg: looseText,
  date_time: looseTime,
});

/** Public-domain forums: who and where, no text. */
export const openForum = z.looseObject(place);
