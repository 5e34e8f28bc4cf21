/** One step on the way from no account to a bot that people can add. */
export interface OnboardingStep {
  id: string;
  title: string;
  title_zh: string;
  /** What to do, with the numbers that the portal holds to. */
  what: string;
  /** Where: a place in the console, or an address. */
  where: string;
  /** Needed only for this; without it, for every bot. */
  only_for?: string;
  /** docs = official pages of 2025-04; field = third-party reports of 2026, not confirmed. */
  source: "docs" | "field";
}

const portal = "https://q.qq.com";

/** In order. Source: official bot documentation of 2025-04 and reports of 2026; the portal changes without notice. */
export const onboardingSteps: readonly OnboardingStep[] = [
  {
    id: "register",
    title: "Register a developer account",
    title_zh: "注册开发者账号",
    what: "A company gives its licence and bank account (a transfer of at most 1 CNY confirms it, few attempts); a person gives identity card and phone in the same name. The e-mail address can neither be changed nor used again.",
    where: portal,
    source: "docs",
  },
  {
    id: "person",
    title: "What a person may have",
    title_zh: "个人主体可用的场景",
    what: "The table of 2025-04 gives persons guilds only. Since 2026-03 the entry page below reportedly lets a person (identity and face check) create a bot and use private chats through the sandbox list without publishing it.",
    where: `${portal}/qqbot/openclaw/`,
    only_for: "person",
    source: "field",
  },
  {
    id: "create",
    title: "Create the bot",
    title_zh: "创建机器人",
    what: "The AppID is there at once. Name, icon and introduction can be changed 5 times a month; names must not look official, contain QQ, 微信 or contact data, or be superlative.",
    where: `${portal} → 机器人`,
    source: "docs",
  },
  {
    id: "secret",
    title: "Keep the AppSecret",
    title_zh: "保存 AppSecret",
    what: "It is shown once: the platform keeps no readable copy, and a reset makes the old one useless everywhere. Give both to `qq-skill init`, or set QQ_BOT_APP_ID and QQ_BOT_APP_SECRET.",
    where: "console → 开发设置",
    source: "docs",
  },
  {
    id: "sandbox",
    title: "Set up the sandbox",
    title_zh: "配置沙箱",
    what: "One guild or group that you own or manage, with at most 20 members, and test accounts for private chats. Before publication only they reach the bot. QQ_BOT_SANDBOX=true uses its host; the token host is the common one.",
    where: "console → 沙箱配置",
    source: "docs",
  },
  {
    id: "ip_list",
    title: "Fill in the IP list",
    title_zh: "配置 IP 白名单",
    what: "On by default for new bots and needed before the review. It counts in production only, for gateway and API alike. Fixed public addresses; QQ_BOT_PROXY gives a machine without one a fixed exit.",
    where: "console → 开发设置",
    source: "docs",
  },
  {
    id: "events",
    title: "Choose how events arrive",
    title_zh: "配置事件接收方式",
    what: "Webhook: HTTPS on port 80, 443, 8080 or 8443, which has to answer the address check (op 13) with a signature. Gateway: nothing to set up; the end that was announced for 2024 has not come. Prefer it for local use.",
    where: "console → 开发设置 → 回调配置 (#/developer/webhook-setting)",
    source: "docs",
  },
  {
    id: "urls",
    title: "Register link domains",
    title_zh: "配置消息 URL 白名单",
    what: "At most 20 domains with an ICP record, 50 edits a year. Links to others are refused (304003, 40054010).",
    where: "console → 消息URL配置",
    only_for: "bots that send links",
    source: "docs",
  },
  {
    id: "commands",
    title: "Describe commands and services",
    title_zh: "配置指令与服务",
    what: "At most 24 commands and 24 services. Names up to 8 Chinese or 16 Latin characters; command texts 15 or 30, service texts 40 or 80. The quick menu of private chats holds 12 of each.",
    where: "console → 功能配置",
    source: "docs",
  },
  {
    id: "rights",
    title: "Apply for rights",
    title_zh: "申请权限",
    what: "Markdown, buttons, events beyond the basic ones and several APIs are open on application only; list_api_permissions and explain_error say which are missing. Markdown applications are reviewed on days 15 to 20.",
    where: "console → 能力申请",
    source: "docs",
  },
  {
    id: "publish",
    title: "Test, submit, go online",
    title_zh: "自测、提审、上线",
    what: "Write the self-test report, submit all together, wait for the review, then press 上线 yourself. Scope: everybody, or a list of 20 per scene; widening it needs another review.",
    where: "console → 发布上架",
    source: "docs",
  },
  {
    id: "team",
    title: "Add the people who work on it",
    title_zh: "成员管理",
    what: "One administrator and at most 50 members, with rights to sign in, publish and change settings.",
    where: "console → 成员管理",
    only_for: "teams",
    source: "docs",
  },
  {
    id: "bans",
    title: "Avoid what bots are banned for",
    title_zh: "避免违规",
    what: "No content filter, posing as an official account, marketing spam, personal data without consent, reselling access, rewards for sharing, depending on other bots.",
    where: "operation rules of the platform",
    source: "docs",
  },
];
