import { operations } from "../src/operations/all.ts";
import { inputSchema } from "../src/operations/call.ts";
import {
  activeLimits,
  groupLimits,
  keyboardLimits,
  mediaLimits,
  menuLimits,
  panelLimits,
  pinLimit,
  recallWindowMs,
  replyLimits,
  scheduleLimits,
  textLimits,
  tokenLimits,
  uploadLimits,
  wakeUpEndsMs,
  webhookLimits,
} from "../src/protocol/limits.ts";
import { opcodes } from "../src/protocol/opcodes.ts";
import { page, table } from "./skill-page.ts";

/** Numbers of QQ in Chinese. Those that the program knows as well are held against it; the rest is of the pages of 2026-09. */
type Rows = readonly (readonly [value: unknown, ...words: string[]])[];

const opcodeWords: Readonly<Record<keyof typeof opcodes, readonly [name: string, way: string, meaning: string]>> = {
  dispatch: ["Dispatch", "收", "事件；只有它带 `t`、`s`、`id`"],
  heartbeat: ["Heartbeat", "发", "`d` = 最后的 `s`，还没有就是 `null`；平台也可能发来要一次，立刻回"],
  identify: ["Identify", "发", "新会话：`{token, intents, shard: [0, 1]}`，`token` 是 `QQBot <access_token>`"],
  resume: ["Resume", "发", "恢复：`{token, session_id, seq}`"],
  reconnect: ["Reconnect", "收", "请重连；会话保留，立刻恢复"],
  invalidSession: [
    "Invalid Session",
    "收",
    "鉴权或恢复被拒；`d` 为 true（按官方 SDK 的理解）可恢复，否则丢掉会话重新鉴权",
  ],
  hello: ["Hello", "收", "连上后的第一帧；`d.heartbeat_interval` 毫秒"],
  heartbeatAck: ["Heartbeat ACK", "收", "心跳的回应；下一次心跳前没收到，连接已死"],
  callbackAck: ["HTTP Callback ACK", "答", 'webhook 的应答正文 `{"op": 12, "d": 0}`；`d: 1` = 请再推'],
  callbackValidation: ["Callback Validation", "收", "控制台校验 webhook 地址，见 SKILL.md"],
};

export const opcodeRows: Rows = Object.entries(opcodes).map(([name, op]) => [
  op,
  ...opcodeWords[name as keyof typeof opcodes],
]);

const minutes = (ms: number) => `${ms / 60_000} 分钟`;
const megabytes = (bytes: number) => `${bytes / 1024 / 1024} MB`;
const replies = ({ windowMs, max }: { windowMs: number; max: number | null }) =>
  `${minutes(windowMs)}内${max === null ? "，次数没有公布" : ` ${max} 次`}`;
const { c2c, group, channel, dms } = activeLimits;

export const limitRows: Rows = [
  ["被动回复：私聊", `${replies(replyLimits.c2c)}（另有一处官方文字写 5 分钟）`],
  ["被动回复：群", replies(replyLimits.group)],
  ["被动回复：频道、频道私信", replies(replyLimits.channel)],
  [
    "主动消息：私聊",
    `每人每分钟 ${c2c.perPeerPerMinute} 条、每天 ${c2c.perPeerPerDay} 条；未认证的机器人共 ${c2c.perBotPerSecond} 条/秒、${c2c.perBotPerMinute} 条/分钟`,
  ],
  [
    "主动消息：群",
    `每群每分钟 ${group.perPeerPerMinute} 条、每天 ${group.perPeerPerDay} 条；未认证的机器人共 ${group.perBotPerMinute} 条/分钟`,
  ],
  [
    "主动消息：频道",
    `每子频道每天 ${channel.perChannelPerDay} 条，每频道每天 ${channel.channelsPerGuildPerDay} 个子频道，频道主可改(\`get_message_setting\`)`,
  ],
  ["主动消息：频道私信", `每人每天 ${dms.perPeerPerDay} 条，共 ${dms.perBotPerDay} 条`],
  [
    "唤醒消息（仅私聊）",
    `对方最后说话后，每个周期 1 条，周期到第 ${wakeUpEndsMs.map((ms) => ms / 86_400_000).join("、")} 天为止`,
  ],
  ["撤回", `${minutes(recallWindowMs)}内（私聊、群）`],
  ["文字长度", `平台没有公布；本程序按显示宽度 ${textLimits.splitWidth} 拆分，单条不超过 ${textLimits.maxLength} 字`],
  ["按钮", `${keyboardLimits.rows} 行，每行 ${keyboardLimits.buttonsPerRow} 个，文字 ${keyboardLimits.label} 字`],
  ...(["image", "video", "voice", "file"] as const).map((kind, index): readonly [string, string] => [
    `上传：file_type ${index + 1} ${["图片", "视频", "语音", "文件"][index]}`,
    `${megabytes(mediaLimits[kind].softBytes)} 以内正常显示，超过当文件，上限 ${megabytes(mediaLimits[kind].hardBytes)}`,
  ]),
  [
    "分片上传",
    `从 ${megabytes(uploadLimits.chunkThresholdBytes)} 起；\`md5_10m\` 是前 ${uploadLimits.md5HeadBytes} 字节的 MD5（不是 10 MiB）`,
  ],
  [
    "私聊菜单",
    `${menuLimits.items} 项，名字宽 ${menuLimits.nameWidth}；子项 ${menuLimits.subItems} 个，宽 ${menuLimits.subNameWidth}（汉字算 2）`,
  ],
  [
    "指令面板",
    `每机器人 ${panelLimits.perBot} 个，每个 ${panelLimits.items} 项，名字宽 ${panelLimits.nameWidth}，说明宽 ${panelLimits.descWidth}`,
  ],
  ["群管理", `一次 ${groupLimits.perCall} 人，禁言最长 ${groupLimits.muteMs / 86_400_000} 天`],
  ["精华", `每子频道 ${pinLimit} 条`],
  [
    "日程",
    `每管理员每天 ${scheduleLimits.perAdminPerDay} 个，每频道 ${scheduleLimits.perGuildPerDay} 个，最长 ${scheduleLimits.maxMs / 86_400_000} 天`,
  ],
  [
    "token",
    `最长 ${tokenLimits.lifeMs / 1000} 秒；到期前 ${tokenLimits.renewBeforeMs / 1000} 秒内才会给新的，旧的此时仍有效`,
  ],
  ["webhook", `端口 ${webhookLimits.ports.join("、")};${webhookLimits.answerWithinMs / 1000} 秒内应答`],
];

const sendTypes: Rows = [
  [0, "文字", "`content`", "✓", "✓", ""],
  [2, "Markdown", "`markdown: {content}`，可加 `keyboard`", "✓", "✓", "`content` 必须为空"],
  [3, "ark 卡片", "`ark`", "白名单", "白名单", "没有权限是 304004"],
  [6, "输入状态", "`input_notify: {input_type: 1, input_second}`", "✓", "–", "最长 60 秒，占一个 msg_seq"],
  [7, "富媒体", "`media: {file_info}`，可加 `content`", "✓", "✓", "先上传；file_info 只能用在同一种会话"],
];
const receivedTypes: Rows = [
  [0, "文字；图片、语音、视频、文件在 `attachments` 里"],
  [3, "卡片，内容在 `ark_data`"],
  [101, "并行消息（没有文档）"],
  [102, "合并转发的聊天记录"],
  [103, "引用，被引用的内容在 `msg_elements`"],
];
const buttonRows: Rows = [
  ["`id`", "在这组按钮里唯一"],
  ["`render_data.label`、`visited_label`", "文字，点过之后的文字"],
  ["`render_data.style`", "0 灰线，1 蓝线，3 白底红字，4 蓝底白字"],
  ["`action.type`", "0 链接或小程序，1 回调（INTERACTION_CREATE），2 指令（填进输入框）"],
  ["`action.permission.type`", "0 指定用户，1 管理员，2 所有人，3 指定身份组（频道）"],
  ["`action.data`", "回调数据、指令或网址"],
  ["`action.enter`、`reply`", "仅指令：直接发送（仅私聊）；引用原消息"],
  ["`action.unsupport_tips`", "旧客户端的提示；缺了可能整个按钮不显示"],
];
const inlineRows: Rows = [
  ['`<qqbot-at-user id="openid" />`', "@ 某人：群、频道；群里只在 Markdown 中可靠"],
  ["`<@userid>`", "@ 某人：频道"],
  ["`<qqbot-at-everyone />`", "@ 全体：仅频道文字消息，要权限，有次数"],
  ["`<#channel_id>`", "子频道链接：仅同一频道"],
  ["`<emoji:4>`", "系统表情：仅频道；emoji 直接写"],
  ['`<qqbot-cmd-enter text="…" />`', "点了就发：Markdown，仅私聊；text 要 URL 编码"],
  ['`<qqbot-cmd-input text="…" show="…" />`', "点了填进输入框：Markdown"],
];

export function messageTypes(): string {
  return page(
    "消息类型",
    ["## 发送：msg_type（私聊和群）", "", ...table("msg_type 类型 字段 私聊 群 说明", sendTypes)],
    "频道和频道私信没有 `msg_type`，由字段决定：`content`、`image`（网址）或 `file_image`(multipart)、`embed`、`ark`、`markdown`（要邀请）。Markdown 只能与 `keyboard` 同发（50037）。",
    ["## 收到：message_type", "", ...table("值 含义", receivedTypes)],
    [
      "## 按钮",
      "",
      "`keyboard: {content: {rows: [{buttons: [...]}]}}` 或 `{id}`（模板）。",
      "",
      ...table("字段 含义", buttonRows),
    ],
    ["## 文字里的标签", "", ...table("写法 含义", inlineRows)],
    "频道收到的 `content` 里 `& < >` 是转义过的，取用时还原；机器人自己的 @ 在群里已去掉，在频道里以 `<@!id>` 保留。",
  );
}

const channelKinds: Rows = [
  [0, "文字子频道"],
  [2, "语音"],
  [4, "分组"],
  [10005, "直播"],
  [10006, "应用"],
  [10007, "论坛"],
];
const textKinds: Rows = [
  [0, "闲聊"],
  [1, "公告"],
  [2, "攻略"],
  [3, "开黑"],
];

export function channelTypes(): string {
  hold("create_channel", "type", channelKinds);
  hold("create_channel", "sub_type", textKinds);
  const named = (name: string, rows: Rows) => [`## ${name}`, "", ...table("值 含义", rows)];
  return page(
    "频道里的类型和数值",
    named("子频道 type", channelKinds),
    "1 和 3 保留；遇到不认识的值照原样保留。",
    named("文字子频道 sub_type", textKinds),
    named("private_type：谁能看见", [
      [0, "所有人"],
      [1, "频道主和管理员"],
      [2, "再加指定成员"],
    ]),
    named("speak_permission：谁能说话", [
      [0, "无效"],
      [1, "所有人"],
      [2, "频道主、管理员和指定成员"],
    ]),
    named("子频道权限位（十进制字符串，按位相加）", [
      [1, "可查看"],
      [2, "可管理（这个接口只读）"],
      [4, "可发言"],
      [8, "可直播"],
    ]),
    named("默认身份组 id", [
      [1, "全体成员"],
      [2, "管理员"],
      [4, "频道主"],
      [5, "子频道管理员（要带 channel_id）"],
    ]),
    named("公告 announces_type", [
      [0, "成员公告"],
      [1, "欢迎公告"],
    ]),
    named("日程 remind_type", [
      [0, "不提醒"],
      [1, "开始时"],
      [2, "提前 5 分钟"],
      [3, "提前 15 分钟"],
      [4, "提前 30 分钟"],
      [5, "提前 60 分钟"],
    ]),
    named("发帖 format", [
      [1, "纯文字"],
      [2, "HTML"],
      [3, "Markdown"],
      [4, "JSON"],
    ]),
    named("表情 type", [
      [1, "系统表情，如 4 得意、76 赞、124 OK"],
      [2, "emoji,id 是十进制码点，如 128077 👍"],
    ]),
    named("音频 status", [
      [0, "播放"],
      [1, "暂停"],
      [2, "继续"],
      [3, "停止"],
    ]),
    named("应用子频道 application_id", [
      [1000001, "互动小游戏"],
      [1000010, "腾讯投票"],
      [1000050, "日程提醒"],
      [1000070, "CoDM 开黑大厅"],
    ]),
  );
}

/** The first column must be what the operation takes. */
function hold(name: string, field: string, rows: Rows): void {
  const operation = operations.find((known) => known.name === name);
  const fields = operation && (inputSchema(operation).properties as Record<string, { enum?: readonly unknown[] }>);
  const [taken, told] = [fields?.[field]?.enum ?? [], rows.map(([value]) => value)];
  if (String(taken) !== String(told))
    throw new Error(`${name}.${field} takes ${taken}, docs/skill-facts.ts tells ${told}`);
}
