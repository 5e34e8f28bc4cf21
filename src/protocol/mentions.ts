import { type Fields, fieldsOf, listOf, textOf } from "./fields.ts";

export interface Self {
  /** `user.id` of READY: the bot's id in guilds. */
  botUserId?: string | undefined;
  /** The bot's member_openids as learnt from mentions: READY's id is not one of them. */
  botMemberOpenids: ReadonlySet<string>;
}

export interface Mentions {
  /** Personally; never by @everyone. */
  me: boolean;
  others: { id: string; name: string }[];
  everyone: boolean;
}

export interface ReadMentions {
  mentions: Mentions;
  /** Ids under which the bot is named in this message's tags. */
  ownIds: Set<string>;
  /** Learnt from an `is_you` mention. */
  ownMemberOpenid?: string;
}

/**
 * Who is mentioned, by the `mentions` list alone: text that looks like a mention is not one. `isDirect` = the event type
 * itself says that the bot is meant.
 */
export function readMentions(message: Fields, self: Self, isDirect: boolean): ReadMentions {
  const mentions: Mentions = { me: isDirect, others: [], everyone: message.mention_everyone === true };
  const ownIds = new Set(self.botMemberOpenids);
  if (self.botUserId !== undefined) ownIds.add(self.botUserId);
  const read: ReadMentions = { mentions, ownIds };
  for (const mention of listOf(message.mentions)) {
    const id = textOf(mention, "member_openid", "user_openid", "id");
    if (mention.scope === "all") mentions.everyone = true;
    else if (isMe(mention, id, { self, isDirect })) {
      mentions.me = true;
      if (id !== undefined) ownIds.add(id);
      const memberOpenid = textOf(mention, "member_openid");
      if (memberOpenid !== undefined) read.ownMemberOpenid = memberOpenid;
    } else if (id !== undefined)
      mentions.others.push({ id, name: textOf(mention, "username", "nickname", "nick") ?? "" });
  }
  return read;
}

function isMe(mention: Fields, id: string | undefined, context: { self: Self; isDirect: boolean }): boolean {
  if (typeof mention.is_you === "boolean") return mention.is_you;
  if (id === undefined) return false;
  const { botUserId, botMemberOpenids } = context.self;
  if (botMemberOpenids.has(id)) return true;
  if (botUserId !== undefined) return id === botUserId;
  // Before READY told our id, a bot named by an @bot event can only be this one.
  return context.isDirect && mention.bot === true;
}

export interface Sender {
  /** member_openid in groups, user_openid in private chats, user id in guilds. */
  id: string;
  name?: string;
  /** Group: owner, admin, member. */
  role?: string;
  /** Guild role ids. */
  roles?: string[];
  isBot: boolean;
  /** The bot itself: an echo. */
  isSelf: boolean;
}

export function readSender(message: Fields, self: Self): Sender | undefined {
  const author = fieldsOf(message.author);
  const member = fieldsOf(message.member);
  const id = textOf(author, "member_openid", "user_openid", "id");
  if (id === undefined) return undefined;
  const isSelf = id === self.botUserId || self.botMemberOpenids.has(id);
  const sender: Sender = { id, isBot: author.bot === true || isSelf, isSelf };
  const name = textOf(member, "nick") ?? textOf(author, "username", "nickname");
  const role = textOf(author, "member_role");
  if (name !== undefined) sender.name = name;
  if (role !== undefined) sender.role = role;
  if (Array.isArray(member.roles)) sender.roles = member.roles.map(String);
  return sender;
}
