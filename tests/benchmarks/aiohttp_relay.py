"""A yardstick without the SDK: aiohttp reads the provider and writes the WebSocket.

    python aiohttp_relay.py URL        prints its port

It imports nothing of ours, for it runs where a peer brought aiohttp along.
"""

import asyncio
import json
import logging
import sys

import aiohttp  # type: ignore[import-not-found]
import uvloop
from aiohttp import web


async def _relay(http: "aiohttp.ClientSession", url: str, socket: "web.WebSocketResponse") -> None:
    tokens = 0
    body = {
        "model": "gpt-4.1",
        "messages": [{"role": "user", "content": (await socket.receive_json())["text"]}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    async with http.post(f"{url}/chat/completions", json=body) as response:
        async for line in response.content:
            if not line.startswith(b"data: {"):
                continue
            chunk = json.loads(line[6:])
            if chunk["usage"] is not None:
                tokens = chunk["usage"]["completion_tokens"]
            elif text := chunk["choices"][0]["delta"].get("content"):
                await socket.send_str(
                    json.dumps({"type": "delta", "text": text}, separators=(",", ":"))
                )
    await socket.send_str(json.dumps({"type": "done", "tokens": tokens}))


async def serve(url: str) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def session(request: "web.Request") -> "web.WebSocketResponse":
            socket = web.WebSocketResponse(compress=False)
            await socket.prepare(request)
            try:
                while True:
                    await _relay(http, url, socket)
            except (ConnectionError, TypeError, aiohttp.ClientError):
                # Who has gone is told by a message that is no text.
                return socket

        application = web.Application()
        application.router.add_get("/ws", session)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        sys.stdout.write(f"{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    # Clients that leave in the middle are this relay's lot, and no news.
    logging.disable()
    uvloop.run(serve(sys.argv[1]))
