"""__NAME__：命令由代码回答，其他的话交给大模型。"""

import asyncio
import inspect
import os
import random
import sys
from pathlib import Path

from qq import QQ, Incoming, QQError, log, post_json

PERSONA = "你是 QQ 机器人“__NAME__”。用简短的中文回答，不用 Markdown。"


def dice(rest: str, _: Incoming) -> str:
    return f"🎲 {random.randint(1, int(rest) if rest.isdigit() and int(rest) > 0 else 6)}"


# 命令 → 回答，可以是 async 的。加一个命令就加一行。
COMMANDS = {
    "/帮助": lambda rest, message: f"我会：{' '.join(COMMANDS)}，其他的话我用大模型回答。",
    "/ping": lambda rest, message: "pong",
    "/骰子": dice,
}
# 每个会话最近的几句话，重启后忘记。
memory: dict[str, list[dict]] = {}


async def answer(message: Incoming) -> None:
    word, _, rest = message.text.partition(" ")
    command = COMMANDS.get(word)
    said = command(rest.strip(), message) if command else think(message)
    await qq.reply(message, await said if inspect.isawaitable(said) else said)


async def think(message: Incoming) -> str:
    history = [*memory.get(message.place, []), {"role": "user", "content": message.text or "(空消息)"}][-12:]
    url = f"{os.environ.get('OPENAI_BASE_URL') or 'https://api.openai.com/v1'}/chat/completions"
    body = {
        "model": os.environ.get("OPENAI_MODEL"),
        "messages": [{"role": "system", "content": PERSONA}, *history],
    }
    headers = {"authorization": f"Bearer {os.environ.get('OPENAI_API_KEY')}"}
    try:
        status, reply, _ = await asyncio.to_thread(post_json, url, body, headers, 60)
        content = reply["choices"][0]["message"]["content"] if status == 200 else None
    except (OSError, KeyError, IndexError) as error:
        status, content = error, None
    if not content:
        log("模型没有给出回答：", status)
        return "我现在想不出来，请稍后再问。"
    memory[message.place] = [*history, {"role": "assistant", "content": content}]
    return content[:2000]


def load_env() -> None:
    """读 .env；已有的环境变量优先。"""
    path = Path(__file__).with_name(".env")
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        name, mark, value = line.partition("=")
        if mark and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        log(f"缺少环境变量 {name}：把 .env.example 复制为 .env，填上 AppID 和 AppSecret")
        sys.exit(2)
    return value


async def main() -> None:
    global qq
    load_env()
    qq = QQ(
        required("QQ_BOT_APP_ID"),
        required("QQ_BOT_APP_SECRET"),
        os.environ.get("QQ_BOT_API_BASE") or "https://api.bot.qq.com",
        os.environ.get("QQ_BOT_TOKEN_URL") or "https://api.bot.qq.com/app/getAppAccessToken",
    )
    try:
        await qq.listen(answer)
    except QQError as error:
        log(error)
        sys.exit(1)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
