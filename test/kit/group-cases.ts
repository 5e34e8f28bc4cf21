import type { TestEmulator } from "./emulator.ts";

type Input = Record<string, unknown>;

interface CaseStage {
  emulator: TestEmulator;
  place: { user: string; group: string };
  run(name: string, input?: Input): Promise<Input>;
}

type Case = (stage: CaseStage) => Promise<Input> | Input;

/** The group of the default world in which the bot is an admin; alice owns it, bob is an admin, dave a member. */
function managed(at: CaseStage): string {
  return at.emulator.world.groups.find((group) => group.bot_role === "admin")?.id ?? "";
}

async function memberNamed(at: CaseStage, username: string): Promise<unknown> {
  const { members } = await at.run("list_group_members", { group_openid: managed(at) });
  return (members as Input[]).find((member) => member.username === username)?.member_openid;
}

/** Carol is no member of that group and asks to be one. */
async function asked(at: CaseStage): Promise<Input> {
  at.emulator.act({ action: "ask_to_join_group", group: managed(at), as: "carol", message: "你好" });
  const { list } = await at.run("list_join_requests", { group_openid: managed(at) });
  return (list as Input[])[0] ?? {};
}

async function strategy(at: CaseStage): Promise<unknown> {
  return (await at.run("create_join_strategy", { group_openids: [managed(at)] })).strategy_id;
}

const items = [{ name: "天气", desc: "今天的天气", type: "command" }];

async function panel(at: CaseStage, target: Input = {}): Promise<unknown> {
  return (await at.run("create_panel", { scope: "group", panel: { items }, ...target })).panel_id;
}

/** Cases of the operations around groups, panels and menu: for each an input that works in the emulator's world. */
export const groupCases: Readonly<Record<string, Case>> = {
  get_group_info: ({ place }) => ({ group_openid: place.group }),
  get_group_bot_state: ({ place }) => ({ group_openid: place.group }),
  get_group_mutes: (at) => ({ group_openid: managed(at) }),
  set_group_mutes: async (at) => ({
    group_openid: managed(at),
    members: [
      {
        op: "add",
        member_openid: await memberNamed(at, "小吴"),
        mute_expire_at: new Date(Date.now() + 3_600_000).toISOString(),
      },
    ],
  }),
  list_join_requests: async (at) => {
    await asked(at);
    return { group_openid: managed(at) };
  },
  review_join_request: async (at) => {
    const { member_openid, join_request_id } = await asked(at);
    return { group_openid: managed(at), member_openid, join_request_id, op: "approve" };
  },
  list_group_members: ({ place }) => ({ group_openid: place.group }),
  get_group_member: async (at) => ({ group_openid: managed(at), member_openid: await memberNamed(at, "小吴") }),
  remove_group_members: async (at) => ({
    ...{ group_openid: managed(at), member_openids: [await memberNamed(at, "小吴")], add_to_member_blacklist: true },
  }),
  list_group_blacklist: async (at) => {
    at.emulator.act({ action: "leave_group", group: managed(at), as: "dave", banned: true });
    return { group_openid: managed(at) };
  },
  update_group_blacklist: async (at) => ({
    ...{ group_openid: managed(at), op: "add", member_openids: [(await asked(at)).member_openid] },
  }),
  list_join_strategies: async (at) => {
    await strategy(at);
    return {};
  },
  create_join_strategy: (at) => ({ group_openids: [managed(at)], remark: "老朋友" }),
  update_join_strategy: async (at) => ({ strategy_id: await strategy(at), is_enable: "off" }),
  delete_join_strategy: async (at) => ({ strategy_id: await strategy(at) }),
  run_join_strategy: async (at) => ({ strategy_id: await strategy(at) }),
  update_join_strategy_whitelist: async (at) => ({
    ...{ strategy_id: await strategy(at), op: "add", whitelist_users: ["10001"] },
  }),
  get_menu: async (at) => {
    await at.run("set_menu", { menu: { items: [{ name: "帮助", type: "send_message", send_message: "帮助" }] } });
    return {};
  },
  set_menu: () => ({
    menu: {
      items: [
        { name: "更多", type: "menu", sub_menu_items: [{ name: "官网", type: "link", link: "https://example.com/" }] },
        { name: "静音", type: "switch", switch: { switch_id: "quiet", default: false } },
      ],
    },
  }),
  list_panels: async (at) => {
    await panel(at);
    return { scope: "group" };
  },
  create_panel: () => ({ scope: "c2c", panel: { items, remark: "常用" } }),
  get_panel: async (at) => ({ panel_id: await panel(at) }),
  update_panel: async (at) => ({ panel_id: await panel(at), panel: { items: [] } }),
  delete_panel: async (at) => ({ panel_id: await panel(at) }),
  update_panel_targets: async (at) => ({
    panel_id: await panel(at, { target_type: "specific" }),
    op: "add",
    group_openids: [at.place.group],
  }),
  create_share_link: () => ({ callback_data: "campaign_42" }),
  stream_c2c_message: (at) => ({
    user_openid: at.place.user,
    input_state: 10,
    index: 0,
    content_raw: "写完了",
    msg_id: at.emulator.say({ as: "alice", scene: "c2c", id: at.place.user, content: "在吗" }).message_id,
  }),
};
