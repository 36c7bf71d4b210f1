"""The yardstick: as little as a relay can be. No accounts, no storage, no limits.

    python -m tests.benchmarks.relay chunks URL       what the SDK's documentation shows
    python -m tests.benchmarks.relay lines URL        its raw lines, decoded by hand

Prints its port. Starlette on uvicorn as we run it ourselves.
"""

import socket
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn
import uvloop
from msgspec import json
from openai import AsyncOpenAI
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

Events = AsyncIterator[dict[str, Any]]


async def chunks(client: AsyncOpenAI, text: str) -> Events:
    stream = await client.chat.completions.create(
        model="gpt-4.1",
        messages=[{"role": "user", "content": text}],
        stream=True,
        stream_options={"include_usage": True},
    )
    tokens = 0
    async for chunk in stream:
        if chunk.usage is not None:
            tokens = chunk.usage.completion_tokens
        elif chunk.choices and chunk.choices[0].delta.content:
            yield {"type": "delta", "text": chunk.choices[0].delta.content}
    yield {"type": "done", "tokens": tokens}


async def lines(client: AsyncOpenAI, text: str) -> Events:
    completions = client.chat.completions.with_streaming_response
    tokens = 0
    async with completions.create(
        model="gpt-4.1",
        messages=[{"role": "user", "content": text}],
        stream=True,
        stream_options={"include_usage": True},
    ) as response:
        async for line in response.iter_lines():
            if not line.startswith("data: {"):
                continue
            chunk = json.decode(line[6:])
            if chunk["usage"] is not None:
                tokens = chunk["usage"]["completion_tokens"]
            elif content := chunk["choices"][0]["delta"].get("content"):
                yield {"type": "delta", "text": content}
    yield {"type": "done", "tokens": tokens}


WAYS: dict[str, Callable[[AsyncOpenAI, str], Events]] = {"chunks": chunks, "lines": lines}


def application(way: str, url: str) -> Starlette:
    client = AsyncOpenAI(base_url=url, api_key="sk-benchmark", max_retries=0)
    answer = WAYS[way]

    async def session(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                asked = await websocket.receive_json()
                async for event in answer(client, asked["text"]):
                    await websocket.send_json(event)
        except WebSocketDisconnect:
            pass

    return Starlette(routes=[WebSocketRoute("/ws", session)])


async def serve(way: str, url: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4096)
        config = uvicorn.Config(
            application(way, url),
            ws="websockets-sansio",
            http="httptools",
            ws_per_message_deflate=False,
            access_log=False,
            log_level="error",
            backlog=4096,
            loop="none",
        )
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:3]))
