"""The provider of a rig, in a process of its own: it writes down every exchange.

``python -m tests.system.chaos.provider PORT LOG``. A line when a request has come, one when its
answer is over: by number, with the tag that the client put into its prompt.
"""

import asyncio
import json
import os
import re
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from tests.support.providers.dialect import Asked
from tests.support.providers.exchange import Exchange
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play

LOOK_S = 0.1
TAG = re.compile(r"#([0-9a-f-]{36})")

INTERNAL = "internal"
"""Tag of a call that nobody's command asked for: a title shows the question, with its own tag."""

NO_UTF8 = b'{"choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}'
"""Stands for ``rubbish=no_utf8``, which a prompt cannot spell."""


class ChaosStub(OpenAIStub):
    def next_play(self, asked: Asked, exchange: Exchange) -> Play:
        play = super().next_play(asked, exchange)
        return replace(play, rubbish=NO_UTF8) if play.rubbish == b"no utf8" else play


class Diary:
    """Writes the log; forgets exchanges that are over."""

    def __init__(self, stub: OpenAIStub, log: TextIO) -> None:
        self._stub = stub
        self._log = log
        self._numbers: dict[int, int] = {}
        self._next = 0
        self._wall = time.time() - time.monotonic()

    def look(self) -> None:
        left = []
        for exchange in self._stub.exchanges:
            number = self._numbers.get(id(exchange))
            if number is None:
                number = self._numbers[id(exchange)] = self._next
                self._next += 1
                self._write(number, began=self._wall + exchange.at, **_asked(exchange))
            if exchange.finished_at is None and exchange.closed_at is None:
                left.append(exchange)
                continue
            del self._numbers[id(exchange)]
            self._write(number, **self._over(exchange))
        self._stub.exchanges[:] = left
        self._log.flush()

    def _over(self, exchange: Exchange) -> dict[str, Any]:
        ended = exchange.finished_at or exchange.closed_at or 0.0
        return {
            "ended": self._wall + ended,
            "finished": exchange.finished_at is not None,
            "closed": exchange.closed_at is not None,
            "status": exchange.play.status,
            "tokens": exchange.tokens_sent,
            "text": exchange.text[:4_000],
            "characters": len(exchange.text),
        }

    def _write(self, number: int, **values: Any) -> None:
        self._log.write(json.dumps({"number": number, **values}) + "\n")


def _asked(exchange: Exchange) -> dict[str, Any]:
    said = [m.get("content") for m in exchange.body.get("messages", []) if m.get("role") == "user"]
    tags = TAG.findall(str(said[-1])) if said else []
    is_internal = bool(said) and str(said[0]).startswith("<question>")
    return {
        "tag": INTERNAL if is_internal else tags[-1] if tags else None,
        "correlation": exchange.headers.get("x-client-request-id"),
    }


async def _serve(port: int, log: Path) -> None:
    ended, parent = asyncio.Event(), os.getppid()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with ChaosStub(port=port) as stub:
        with log.open("w") as file:
            diary = Diary(stub, file)
            while not ended.is_set() and os.getppid() == parent:
                await asyncio.sleep(LOOK_S)
                diary.look()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
