export interface LeftOpen {
  what: string;
  /** What this project goes by, and where that stands. */
  assumed: string;
  /** Why no question asks it. */
  why: string;
}

/** What could not be confirmed either, and is not asked. */
export const leftOpen: readonly LeftOpen[] = [
  {
    what: "webhook 多久算超时、何时重发 / how long a webhook may take, and when an event comes again",
    assumed: "3 s; again after 1, 2 and 4 s (protocol/limits.ts, emulator/webhook-sender.ts)",
    why: "needs a public address that is slow on purpose",
  },
  {
    what: "唤醒消息的“当天”到何时为止 / when the same day of a wake-up message ends",
    assumed: "after 24 hours (protocol/limits.ts)",
    why: "takes days",
  },
  {
    what: "扫码绑定是否换掉 AppSecret / whether binding by QR code makes a new AppSecret",
    assumed: "it may: people are warned (cli/setup.ts, operations/binding.ts, emulator/bindings.ts)",
    why: "would cut off the bot that asks",
  },
  {
    what: "鉴权太密会怎样 / what comes of identifies in quick succession",
    assumed: "op 9, close code 4903; not checked by default (emulator/dials.ts)",
    why: "would spend the starts of the day",
  },
  {
    what: "图片能否取中等尺寸 / whether pictures come in a middle size",
    assumed: "by the addresses of QQ's own clients; a refusal is taken (protocol/media-hosts.ts)",
    why: "needs somebody to send a picture",
  },
  {
    what: "同一范围的几个指令面板如何并存 / how several command panels of one scope go together",
    assumed: "where somebody else made a panel for all, the bot makes none (bot/panel.ts)",
    why: "would change what people see for longer than a check lasts",
  },
  {
    what: "手机上的换行和表格 / line breaks and tables as phones show them",
    assumed: "as people report them (delivery/dialect.ts)",
    why: "only eyes can tell",
  },
];
