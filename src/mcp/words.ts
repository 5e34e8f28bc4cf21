/** What people say for the words of the table; longer ones are matched first, so that 子频道 is not also a 频道. */
const chinese: Readonly<Record<string, string>> = {
  私信: "dm session",
  频道私信: "dm session",
  私聊: "c2c",
  单聊: "c2c",
  群聊: "group",
  群: "group",
  子频道: "channel",
  频道: "guild",
  成员: "member",
  用户: "member",
  身份组: "role",
  角色: "role",
  消息: "message",
  发送: "send",
  发: "send",
  回复: "send message",
  撤回: "recall",
  删除: "recall remove",
  取消: "remove",
  表情: "reaction",
  表态: "reaction",
  按钮: "interaction keyboard",
  互动: "interaction",
  点击: "interaction",
  确认: "ack",
  回应: "ack",
  图片: "upload media",
  语音: "upload media",
  视频: "upload media",
  文件: "upload media",
  富媒体: "upload media",
  上传: "upload",
  事件: "events",
  订阅: "subscribe",
  监听: "subscribe",
  等待: "wait",
  网关: "gateway",
  分片: "gateway bot",
  机器人: "bot",
  资料: "profile",
  令牌: "token",
  凭据: "token",
  状态: "status",
  列表: "list",
  列出: "list",
  有哪些: "list",
  查询: "get list",
  查看: "get list",
  获取: "get",
  详情: "get",
  读取: "get list",
};

const english: Readonly<Record<string, string>> = {
  server: "guild",
  room: "channel",
  chat: "message",
  reply: "send",
  post: "send",
  delete: "recall",
  unsend: "recall",
  undo: "recall",
  emoji: "reaction",
  react: "reaction",
  button: "interaction",
  click: "interaction",
  acknowledge: "ack",
  file: "media",
  image: "media",
  picture: "media",
  voice: "media",
  video: "media",
  private: "c2c dm",
  direct: "dm c2c",
  user: "member c2c",
  people: "member",
  whoami: "bot profile",
  me: "bot profile",
  listen: "subscribe",
  poll: "wait",
  credentials: "token",
};

const noise = new Set([
  "a",
  "an",
  "the",
  "to",
  "of",
  "in",
  "for",
  "and",
  "or",
  "with",
  "how",
  "do",
  "i",
  "all",
  "it",
  "is",
  "qq",
]);
const terms = Object.keys(chinese).sort((a, b) => b.length - a.length);

/** Words of a query or text in the table's own vocabulary, lower case, each once. */
export function findWords(text: string): string[] {
  let rest = text.toLowerCase();
  const found: string[] = [];
  for (const term of terms) {
    if (!rest.includes(term)) continue;
    found.push(...(chinese[term] ?? "").split(" "));
    rest = rest.replaceAll(term, " ");
  }
  for (const word of rest.split(/[^a-z0-9@]+/)) {
    if (word === "" || noise.has(word)) continue;
    found.push(word, ...(english[word] ?? "").split(" ").filter(Boolean));
  }
  return [...new Set(found)];
}
