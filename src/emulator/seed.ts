import type { Dials } from "./dials.ts";

/** The world at the start and after each reset. Members are user ids; the first member of a group or guild owns it. */
export interface WorldSeed {
  /** `isBot`: another bot, whose messages the bot under test had better not answer. */
  users: readonly { id: string; name: string; isBot?: boolean | undefined }[];
  groups: readonly GroupSeed[];
  guilds: readonly GuildSeed[];
  botName?: string;
  dials?: Partial<Dials>;
}

export interface GroupSeed {
  name: string;
  members: readonly string[];
  /** What the group lets the bot read: only messages that mention it, or everything. */
  recvMsgSetting: "only_mention" | "all";
  /** Admins mute, approve and remove. Default: member. */
  botRole?: "member" | "admin";
}

export interface GuildSeed {
  name: string;
  members: readonly string[];
  /** `type` and `subType` are QQ's numbers; channels after a category (type 4) belong to it. */
  channels: readonly { name: string; type: number; subType?: number }[];
  /** Roles besides the built-in 1, 2, 4, 5. */
  roles?: readonly { id: string; name: string; members: readonly string[] }[];
}

/** Four people, two groups (one of them reads everything), one guild with every kind of channel. */
export const defaultSeed: WorldSeed = {
  botName: "示例助手",
  users: [
    { id: "alice", name: "小林" },
    { id: "bob", name: "小周" },
    { id: "carol", name: "小陈" },
    { id: "dave", name: "小吴" },
  ],
  groups: [
    { name: "产品讨论组", members: ["alice", "bob", "carol"], recvMsgSetting: "only_mention" },
    { name: "周末羽毛球", members: ["alice", "bob", "dave"], recvMsgSetting: "all", botRole: "admin" },
  ],
  guilds: [
    {
      name: "示例频道",
      members: ["alice", "bob", "carol", "dave"],
      channels: [
        { name: "文字频道", type: 4 },
        { name: "闲聊大厅", type: 0 },
        { name: "公告", type: 0, subType: 1 },
        { name: "语音聊天室", type: 2 },
        { name: "讨论区", type: 10007 },
      ],
      roles: [{ id: "11", name: "活跃成员", members: ["bob"] }],
    },
  ],
};
