"""QQ 开放平台的小客户端：凭证、REST、网关。只依赖 websockets，Python ≥ 3.10。

一般不用改这个文件，机器人的本事写在 bot.py 里。
"""

import asyncio
import contextlib
import http.client
import json
import random
import re
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

import websockets

# 群与私聊（25）、频道 @ 消息（30）。其他事件见平台文档的 intents。
INTENTS = 1 << 25 | 1 << 30
# 消息事件 → 回复的地址。
PLACES = {
    "C2C_MESSAGE_CREATE": lambda d: f"/v2/users/{d['author']['user_openid']}",
    "GROUP_AT_MESSAGE_CREATE": lambda d: f"/v2/groups/{d['group_openid']}",
    "GROUP_MESSAGE_CREATE": lambda d: f"/v2/groups/{d['group_openid']}",
    "AT_MESSAGE_CREATE": lambda d: f"/channels/{d['channel_id']}",
}
# 重连也没有用：分片、版本、intents 不对（4010 4012 4013 4014），机器人已下架（4914）或封禁（4915）。
FATAL = {4010, 4012, 4013, 4014, 4914, 4915}
# 原来的会话不能再恢复。
LOST = {4001, 4002, 4003, 4006, 4007, 4011, *range(4900, 4914)}


class QQError(Exception):
    def __init__(self, message: str, status: int, code: int | None = None):
        super().__init__(message)
        self.status, self.code = status, code


class Closed(Exception):
    """连接断开，带着关闭码。"""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


@dataclass
class Incoming:
    """发给机器人的一条消息。"""

    id: str
    text: str
    author: str  # 谁说的：openid，同一个人在私聊和每个群里都不同
    place: str  # 在哪里回复，如 /v2/groups/OPENID
    replies: int = 0  # 已回复几次：同一条消息的每次回复要有不同的 msg_seq


def post_json(url: str, body, headers: dict, timeout: float, method: str = "POST"):
    """发一个请求，返回（状态，答复，响应头）。会阻塞，用 asyncio.to_thread 调用。"""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **headers}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            status, text, answered = response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        status, text, answered = error.code, error.read(), error.headers
    except http.client.HTTPException as error:
        raise OSError(f"答复不完整：{error}") from error
    try:
        return status, json.loads(text), answered
    except ValueError:
        return status, {}, answered


async def send(socket, op: int, d) -> None:
    await socket.send(json.dumps({"op": op, "d": d}))


def log(*words) -> None:
    print(*words, file=sys.stderr, flush=True)


class QQ:
    def __init__(self, app_id: str, app_secret: str, api_base: str, token_url: str):
        self.credentials = {"appId": app_id, "clientSecret": app_secret}
        self.api_base, self.token_url = api_base, token_url
        self._token, self._renew_at = "", 0.0
        self._fetching = asyncio.Lock()
        self._session: str | None = None
        self._seq: int | None = None
        self._live = False
        self._seen: dict[str, None] = {}  # 处理过的消息：平台可能把同一条推送两次
        self._tasks: set[asyncio.Task] = set()

    async def token(self) -> str:
        """访问凭证。平台只在旧凭证的最后 60 秒给新的，所以剩 50 秒时换；同时要用的共享一次请求。"""
        async with self._fetching:
            if not self._token or time.monotonic() > self._renew_at:
                status, answer, _ = await asyncio.to_thread(post_json, self.token_url, self.credentials, {}, 10)
                # HTTP 200 也可能是错误；expires_in 是字符串。
                if "access_token" not in answer:
                    raise QQError(f"拿不到 token：{answer.get('message', status)}", status, answer.get("code"))
                self._token = answer["access_token"]
                self._renew_at = time.monotonic() + float(answer["expires_in"]) - 50
            return self._token

    async def call(self, method: str, path: str, body=None):
        """调用 REST 接口。429、5xx 和没有答复稍后重试，401 换一个 token 再试一次。"""
        # 不知道送没送到的，只有平台认得出重复时（有 msg_seq）才再发。
        is_repeatable = method == "GET" or "msg_seq" in (body or {})
        attempt = 0
        while True:
            attempt += 1
            headers = {"authorization": f"QQBot {await self.token()}"}
            try:
                status, answer, answered = await asyncio.to_thread(
                    post_json, self.api_base + path, body, headers, 15, method
                )
            except OSError as error:
                if attempt > 3 or not is_repeatable:
                    raise QQError(f"{method} {path}：没有答复（{error}）", 503) from error
                await asyncio.sleep(0.25 * 2**attempt)
                continue
            if status < 300:
                return answer
            code = answer.get("err_code", answer.get("code"))
            # 上一次其实已经发出：同一个 msg_id + msg_seq 不会发两次。
            if attempt > 1 and code == 40054005:
                return answer
            is_busy = status == 429 or (status >= 500 and is_repeatable)
            if attempt > 3 or not (is_busy or (status == 401 and attempt == 1)):
                why = answer.get("message", "没有说明")
                raise QQError(f"{method} {path}:{why}({code or status})", status, code)
            if status == 401:
                self._token = ""
            else:
                await asyncio.sleep(float(answered.get("retry-after") or 0.25 * 2**attempt))

    async def reply(self, to: Incoming, content: str):
        """被动回复：群里 5 分钟内最多 5 次，私聊 60 分钟内最多 4 次，不占主动消息的额度。"""
        to.replies += 1
        body = {"content": content, "msg_id": to.id}
        if to.place.startswith("/v2/"):
            body |= {"msg_type": 0, "msg_seq": to.replies}
        return await self.call("POST", f"{to.place}/messages", body)

    async def listen(self, on_message) -> None:
        """连上网关，一直接收消息；断线后恢复会话，漏掉的事件由平台补发。只在无法继续时抛出错误。"""
        failures, was_live = 0, False
        while True:
            code, self._live = 1006, False
            try:
                address = (await self.call("GET", "/gateway"))["url"]
                await self._connect(address, on_message)
            except Closed as closed:
                code = closed.code
            except QQError as error:
                # 从没连上过，又不是平台一时的故障：凭证或权限不对，再试也一样。
                if not was_live and error.status < 500 and error.status != 429:
                    raise
                log("连接失败：", error)
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as error:
                log("连接失败：", error)
            if code in FATAL:
                raise QQError(f"网关拒绝了机器人，关闭码 {code}", code, code)
            if code == 4004:
                self._token = ""
            if code in LOST:
                self._session = None
            was_live = was_live or self._live
            failures = 0 if self._live else failures + 1
            wait = 60 if code == 4008 else min(30, 2**failures) * random.random()
            log(f"网关断开（{code}），{wait:.1f} 秒后重连")
            await asyncio.sleep(wait)

    async def _connect(self, address: str, on_message) -> None:
        """一次连接，从打开到断开；以 Closed 结束。"""
        token = f"QQBot {await self.token()}"
        # QQ 有自己的心跳，不用 WebSocket 的 ping。
        async with websockets.connect(address, ping_interval=None, open_timeout=20, close_timeout=1) as socket:
            patience = 30.0  # 这么久没有任何消息，就当连接已死
            beating: asyncio.Task | None = None
            try:
                while True:
                    frame = json.loads(await asyncio.wait_for(socket.recv(), patience))
                    op, d = frame["op"], frame.get("d")
                    if op == 10:
                        # Hello：有会话就恢复（op 6），没有就鉴权（op 2）；然后按间隔发心跳，每次都该有回应（op 11）。
                        if self._session:
                            await send(socket, 6, {"token": token, "session_id": self._session, "seq": self._seq})
                        else:
                            await send(socket, 2, {"token": token, "intents": INTENTS, "shard": [0, 1]})
                        beating = asyncio.create_task(self._beat(socket, d["heartbeat_interval"] / 1000))
                        patience = 2 * d["heartbeat_interval"] / 1000
                    elif op == 7:
                        raise Closed(1000)  # 平台要求重连，会话还在
                    elif op == 9:
                        # 会话无效；真正的原因在随后的关闭码里。
                        self._session = self._session if d is True else None
                        patience = 5.0
                    elif op == 0:
                        self._receive(frame, on_message)
            except (asyncio.TimeoutError, websockets.ConnectionClosed):
                raise Closed(socket.close_code or 1006) from None
            finally:
                if beating:
                    beating.cancel()

    async def _beat(self, socket, seconds: float) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(seconds)
                await send(socket, 1, self._seq)

    def _receive(self, frame: dict, on_message) -> None:
        kind, d = frame.get("t"), frame.get("d")
        self._seq = frame.get("s", self._seq)
        if kind == "READY":
            self._session = d["session_id"]
        if kind in ("READY", "RESUMED"):
            self._live = True
            log("已连上" if kind == "READY" else "已恢复")
        message = self._message_of(kind, d)
        if message:
            task = asyncio.create_task(self._handle(on_message, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _handle(self, on_message, message: Incoming) -> None:
        try:
            await on_message(message)
        except Exception as error:  # 一条消息出错，不影响其他的
            log("处理消息失败：", error)

    def _message_of(self, kind: str, d) -> Incoming | None:
        """要回答的消息；不是发给机器人的、别的机器人发的、推送过的都不算。"""
        if kind not in PLACES or d.get("author", {}).get("bot") or d["id"] in self._seen:
            return None
        # 开启全量消息的群里，没有 @ 机器人的话也会推送。
        if kind == "GROUP_MESSAGE_CREATE" and not any(m.get("is_you") for m in d.get("mentions") or []):
            return None
        self._seen[d["id"]] = None
        if len(self._seen) > 1000:
            del self._seen[next(iter(self._seen))]
        text = re.sub(r"<@!?\w+>", "", d.get("content") or "").strip()
        author = d.get("author") or {}
        who = author.get("user_openid") or author.get("member_openid") or author.get("id", "")
        return Incoming(d["id"], text, who, PLACES[kind](d))
