import type { Move } from "./answer.ts";
import { type Dialogue, inTheirWords } from "./dialogue.ts";
import { consult, field, type Row, type Rule, rowsOf } from "./rule.ts";

const channelKinds: Record<string, readonly [chinese: string, english: string]> = {
  "0": ["文字", "text"],
  "2": ["语音", "voice"],
  "4": ["分组", "category"],
  "10005": ["直播", "live"],
  "10006": ["应用", "app"],
  "10007": ["论坛", "forum"],
};

/** Which guild a question is about: the one we are in, or those the bot has joined. */
export function findGuilds(dialogue: Dialogue, tool: string): { inputs: Row[] } | { move: Move } {
  const here = dialogue.facts.get("guild_id");
  if (dialogue.offered(tool) && !dialogue.takes(tool, "guild_id")) return { inputs: [{}] };
  if (here) return { inputs: [{ guild_id: here }] };
  const listed = consult(dialogue, "list_guilds", {});
  if ("move" in listed) return listed;
  const inputs = rowsOf(listed.answer).map((row) => ({ guild_id: field(row, "id") }));
  if (inputs.length > 0) return { inputs };
  return { move: { say: inTheirWords(dialogue, "我还没有加入任何频道。", "I have not joined any guild yet.") } };
}

/** Asks a guild's tool and says its rows, or what stands in the way. */
function tell(dialogue: Dialogue, tool: string, say: (rows: Row[], answer: unknown) => string, extra: Row = {}): Move {
  const guilds = findGuilds(dialogue, tool);
  if ("move" in guilds) return guilds.move;
  const asked = consult(dialogue, tool, { ...guilds.inputs[0], ...extra });
  return "move" in asked ? asked.move : { say: say(rowsOf(asked.answer), asked.answer.data) };
}

function list(
  dialogue: Dialogue,
  names: readonly string[],
  title: readonly [chinese: string, english: string],
): string {
  const head = inTheirWords(dialogue, `${title[0]}（${names.length} 个）：`, `${title[1]} (${names.length}):`);
  return [head, ...names.map((name) => `- ${name}`)].join("\n");
}

function channelName(dialogue: Dialogue, row: Row): string {
  const isAnnouncement = field(row, "type") === "0" && field(row, "sub_type") === "1";
  const kind = isAnnouncement ? ["公告", "announcements"] : channelKinds[field(row, "type")];
  const [chinese = "其他", english = "other"] = kind ?? [];
  return `${field(row, "name")}${inTheirWords(dialogue, `（${chinese}）`, ` (${english})`)}`;
}

function memberName(row: Row): string {
  const user = row.user;
  return field(row, "nick") || field(user, "username") || field(row, "username") || field(row, "member_openid");
}

function describeGuild(dialogue: Dialogue, guild: unknown): string {
  const [name, members, about] = [field(guild, "name"), field(guild, "member_count"), field(guild, "description")];
  return inTheirWords(
    dialogue,
    `这个频道叫「${name}」${members ? `，有 ${members} 位成员` : ""}。${about ? `\n简介：${about}` : ""}`,
    `This guild is "${name}"${members ? ` and has ${members} members` : ""}.${about ? `\nAbout: ${about}` : ""}`,
  );
}

export const placeRules: readonly Rule[] = [
  {
    name: "channels",
    match: [/子频道/, /\bchannels\b/i],
    run: (dialogue) =>
      tell(dialogue, "list_channels", (rows) =>
        list(
          dialogue,
          rows.map((row) => channelName(dialogue, row)),
          ["子频道", "Channels"],
        ),
      ),
  },
  {
    name: "roles",
    match: [/身份组|有(哪些|什么)角色/, /\broles\b/i],
    run: (dialogue) =>
      tell(dialogue, "list_roles", (rows) =>
        list(
          dialogue,
          rows.map((row) => field(row, "name")),
          ["身份组", "Roles"],
        ),
      ),
  },
  {
    name: "members",
    match: [/成员|(有|都)(谁|哪些人)|多少(个)?人/, /\bmembers\b|\bwho is (here|in)\b|how many people/i],
    run: (dialogue) =>
      tell(
        dialogue,
        "list_members",
        (rows) => list(dialogue, rows.map(memberName), ["成员", "Members"]),
        dialogue.takes("list_members", "limit") ? { limit: 100 } : {},
      ),
  },
  {
    name: "guilds",
    match: [/(加入|进|在)了?(哪些|几个|什么)频道|^(有)?哪些频道/, /\b(which|what|list|my)\b.*\b(guilds|servers)\b/i],
    run(dialogue) {
      const asked = consult(dialogue, "list_guilds", {});
      if ("move" in asked) return asked.move;
      const names = rowsOf(asked.answer).map((row) => field(row, "name"));
      return { say: list(dialogue, names, ["我加入的频道", "Guilds I am in"]) };
    },
  },
  {
    name: "guild",
    match: [
      /(频道|服务器).{0,6}(信息|资料|简介|介绍|名字|名称|叫什么)|什么频道/,
      /\b(this|the) (guild|server)\b|\bguild info/i,
    ],
    run: (dialogue) => tell(dialogue, "get_guild", (_, guild) => describeGuild(dialogue, guild)),
  },
];
