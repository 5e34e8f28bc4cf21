/**
 * QQ 开放平台的小客户端：凭证、REST、网关。没有依赖，Node ≥ 22.18。
 * 一般不用改这个文件，机器人的本事写在 bot.ts 里。
 */

export interface Settings {
  appId: string;
  appSecret: string;
  apiBase: string;
  tokenUrl: string;
}

/** 发给机器人的一条消息。 */
export interface Incoming {
  id: string;
  text: string;
  /** 谁说的：openid，同一个人在私聊和每个群里都不同。 */
  author: string;
  /** 在哪里回复，如 /v2/groups/OPENID。 */
  place: string;
  /** 已回复几次：同一条消息的每次回复要有不同的 msg_seq。 */
  replies: number;
}

/** 平台的答复和事件：形状由接口决定。 */
type Json = Record<string, any>;

interface Frame {
  op: number;
  s?: number;
  t?: string;
  d?: any;
}

export class QQError extends Error {
  readonly status: number;
  readonly code: number | undefined;
  constructor(message: string, status: number, code?: number) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** 群与私聊（25）、频道 @ 消息（30）。其他事件见平台文档的 intents。 */
const intents = 2 ** 25 + 2 ** 30;
/** 消息事件 → 回复的地址。 */
const places: Record<string, (d: Frame["d"]) => string> = {
  C2C_MESSAGE_CREATE: (d) => `/v2/users/${d.author.user_openid}`,
  GROUP_AT_MESSAGE_CREATE: (d) => `/v2/groups/${d.group_openid}`,
  GROUP_MESSAGE_CREATE: (d) => `/v2/groups/${d.group_openid}`,
  AT_MESSAGE_CREATE: (d) => `/channels/${d.channel_id}`,
};
/** 重连也没有用：分片、版本、intents 不对（4010 4012 4013 4014），机器人已下架（4914）或封禁（4915）。 */
const fatalCodes = new Set([4010, 4012, 4013, 4014, 4914, 4915]);
/** 原来的会话不能再恢复。 */
const isLost = (code: number) => [4001, 4002, 4003, 4006, 4007, 4011].includes(code) || (code >= 4900 && code <= 4913);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class QQ {
  readonly #settings: Settings;
  #token: { value: string; renewAt: number } | undefined;
  #fetching: Promise<string> | undefined;
  #session: { id: string; seq: number } | undefined;
  /** 处理过的消息：平台可能把同一条推送两次。 */
  readonly #seen = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** 访问凭证。平台只在旧凭证的最后 60 秒给新的，所以剩 50 秒时换；同时要用的共享一次请求。 */
  token(): Promise<string> {
    if (this.#token && Date.now() < this.#token.renewAt) return Promise.resolve(this.#token.value);
    this.#fetching ??= this.#fetchToken().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchToken(): Promise<string> {
    const { appId, appSecret, tokenUrl } = this.#settings;
    const response = await fetch(tokenUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ appId, clientSecret: appSecret }),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = (await response.json()) as Json;
    // HTTP 200 也可能是错误；expires_in 是字符串。
    if (!answer.access_token)
      throw new QQError(`拿不到 token：${answer.message ?? response.status}`, response.status, answer.code);
    this.#token = { value: answer.access_token, renewAt: Date.now() + (Number(answer.expires_in) - 50) * 1000 };
    return answer.access_token;
  }

  /** 调用 REST 接口。429、5xx 和没有答复稍后重试，401 换一个 token 再试一次。 */
  async call(method: string, path: string, body?: Json): Promise<Json> {
    // 不知道送没送到的，只有平台认得出重复时（有 msg_seq）才再发。
    const isRepeatable = method === "GET" || body?.msg_seq !== undefined;
    for (let attempt = 1; ; attempt++) {
      const token = await this.token();
      const response = await fetch(this.#settings.apiBase + path, {
        method,
        headers: { authorization: `QQBot ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(15_000),
      }).catch((error: Error) => {
        if (attempt > 3 || !isRepeatable) throw new QQError(`${method} ${path}：没有答复（${error.message}）`, 503);
      });
      if (!response) {
        await sleep(250 * 2 ** attempt);
        continue;
      }
      const answer = (await response.json().catch(() => ({}))) as Json;
      if (response.ok) return answer;
      const code = answer.err_code ?? answer.code;
      // 上一次其实已经发出：同一个 msg_id + msg_seq 不会发两次。
      if (attempt > 1 && code === 40054005) return answer;
      const isBusy = response.status === 429 || (response.status >= 500 && isRepeatable);
      if (attempt > 3 || !(isBusy || (response.status === 401 && attempt === 1))) {
        throw new QQError(
          `${method} ${path}:${answer.message ?? "没有说明"}(${code ?? response.status})`,
          response.status,
          code,
        );
      }
      if (response.status === 401) this.#token = undefined;
      else await sleep(Number(response.headers.get("retry-after")) * 1000 || 250 * 2 ** attempt);
    }
  }

  /** 被动回复：群里 5 分钟内最多 5 次，私聊 60 分钟内最多 4 次，不占主动消息的额度。 */
  reply(to: Incoming, content: string): Promise<unknown> {
    to.replies += 1;
    const v2 = to.place.startsWith("/v2/") ? { msg_type: 0, msg_seq: to.replies } : {};
    return this.call("POST", `${to.place}/messages`, { content, msg_id: to.id, ...v2 });
  }

  /** 连上网关，一直接收消息；断线后恢复会话，漏掉的事件由平台补发。只在无法继续时抛出错误。 */
  async listen(onMessage: (message: Incoming) => Promise<void>): Promise<never> {
    let wasLive = false;
    for (let failures = 0; ; failures++) {
      let code = 1006;
      try {
        const { url } = await this.call("GET", "/gateway");
        code = await this.#connect(url, onMessage, () => {
          failures = 0;
          wasLive = true;
        });
      } catch (error) {
        // 从没连上过，又不是平台一时的故障：凭证或权限不对，再试也一样。
        if (!wasLive && error instanceof QQError && error.status < 500 && error.status !== 429) throw error;
        console.error("连接失败：", (error as Error).message);
      }
      if (fatalCodes.has(code)) throw new QQError(`网关拒绝了机器人，关闭码 ${code}`, code, code);
      if (code === 4004) this.#token = undefined;
      if (isLost(code)) this.#session = undefined;
      const waitMs = code === 4008 ? 60_000 : Math.min(30_000, 1000 * 2 ** failures) * Math.random();
      console.error(`网关断开（${code}），${Math.round(waitMs)} 毫秒后重连`);
      await sleep(waitMs);
    }
  }

  /** 一次连接，从打开到断开；答复关闭码。 */
  async #connect(url: string, onMessage: (message: Incoming) => Promise<void>, onLive: () => void): Promise<number> {
    const token = `QQBot ${await this.token()}`;
    const socket = new WebSocket(url);
    const closed = Promise.withResolvers<number>();
    const send = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }));
    const timers: NodeJS.Timeout[] = [];
    let isAcknowledged = true;
    timers.push(setTimeout(() => closed.resolve(1006), 30_000));
    const handle = ({ op, s, t, d }: Frame) => {
      if (op === 10) {
        // Hello：有会话就恢复（op 6），没有就鉴权（op 2）；然后按间隔发心跳。
        if (this.#session) send(6, { token, session_id: this.#session.id, seq: this.#session.seq });
        else send(2, { token, intents, shard: [0, 1] });
        const beat = () => {
          // 上一次心跳没有回应：连接已经死了。
          if (!isAcknowledged) return closed.resolve(1006);
          isAcknowledged = false;
          send(1, this.#session?.seq ?? null);
        };
        timers.push(setInterval(beat, d.heartbeat_interval));
      } else if (op === 11) {
        isAcknowledged = true;
      } else if (op === 7) {
        // 平台要求重连，会话还在。
        closed.resolve(1000);
      } else if (op === 9) {
        // 会话无效；真正的原因在随后的关闭码里。
        if (d !== true) this.#session = undefined;
        timers.push(setTimeout(() => closed.resolve(4000), 5000));
      } else if (op === 0) {
        if (t === "READY") this.#session = { id: d.session_id, seq: s ?? 0 };
        if (this.#session && s !== undefined) this.#session.seq = s;
        if (t === "READY" || t === "RESUMED") {
          clearTimeout(timers[0]);
          onLive();
          console.error(t === "READY" ? "已连上" : "已恢复");
        }
        const message = this.#messageOf(t ?? "", d);
        if (message) onMessage(message).catch((error: Error) => console.error("处理消息失败：", error.message));
      }
    };
    socket.onmessage = ({ data }) => handle(JSON.parse(String(data)));
    socket.onclose = ({ code }) => closed.resolve(code);
    socket.onerror = () => closed.resolve(1006);
    try {
      return await closed.promise;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      socket.onmessage = null;
      socket.close();
    }
  }

  /** 要回答的消息；不是发给机器人的、别的机器人发的、推送过的都不算。 */
  #messageOf(type: string, d: Frame["d"]): Incoming | undefined {
    const place = places[type]?.(d);
    if (!place || d.author?.bot || this.#seen.has(d.id)) return undefined;
    // 开启全量消息的群里，没有 @ 机器人的话也会推送。
    const mentions: { is_you?: boolean }[] = d.mentions ?? [];
    if (type === "GROUP_MESSAGE_CREATE" && !mentions.some((mention) => mention.is_you)) return undefined;
    this.#seen.add(d.id);
    const [oldest] = this.#seen;
    if (this.#seen.size > 1000 && oldest) this.#seen.delete(oldest);
    return {
      id: d.id,
      place,
      author: d.author?.user_openid ?? d.author?.member_openid ?? d.author?.id ?? "",
      text: String(d.content ?? "")
        .replace(/<@!?\w+>/g, "")
        .trim(),
      replies: 0,
    };
  }
}
