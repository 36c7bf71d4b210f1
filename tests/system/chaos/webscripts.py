"""The same turns over HTTP: awaited, or streamed as events and resumed where the line was lost."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.system.chaos import plays
from tests.system.chaos.actor import BOUND_S, LATER, Actor
from tests.system.chaos.book import View
from tests.system.chaos.sessions import other

ANSWER_S = 75.0
"""A turn takes a minute at most; a server that is frozen answers nobody."""

PAUSE_S = 0.7


async def wait_by_http(actor: Actor) -> None:
    """Ask, and wait for the whole answer."""
    conversation = await _conversation(actor)
    tag, text = actor.prompt(plays.any_play(actor.rng))
    body = {"clientMessageId": tag, "text": text, "model": "openai/stub-model"}
    path = f"/api/conversations/{conversation}/messages"

    async def ask(http: httpx2.AsyncClient) -> dict[str, Any] | None:
        return await _data(actor, tag, await http.post(path, json=body))

    turn = await _patiently(actor, tag, ask)
    if not turn:
        return
    sent = actor.book.sent[tag]
    actor.book.began(sent, turn["id"], is_new=True)
    view = actor.book.view(turn["id"], f"{actor.name}/http")
    view.hear({"type": "turn.snapshot", "turnId": turn["id"], **turn})


async def stream_by_http(actor: Actor) -> None:
    """Ask, listen, and go on after the last event wherever the line is lost."""
    conversation = await _conversation(actor)
    tag, text = actor.prompt(plays.slow(actor.rng))
    body = {"clientMessageId": tag, "text": text, "model": "openai/stub-model"}
    found: list[View] = []

    async def listen(http: httpx2.AsyncClient) -> bool | None:
        headers = {"accept": "text/event-stream"}
        if found:
            view = found[0]
            headers["last-event-id"] = str(view.seq)
            request = http.build_request(
                "GET", f"/api/turns/{view.turn_id}/events", headers=headers
            )
        else:
            path = f"/api/conversations/{conversation}/messages"
            request = http.build_request("POST", path, json=body, headers=headers)
        answer = await http.send(request, stream=True)
        try:
            if answer.status_code != 200:
                await answer.aread()
                return None if await _data(actor, tag, answer) is None else False
            await _hear(actor, tag, answer, found)
        finally:
            await answer.aclose()
        return True if found and found[0].outcome is not None else None

    await _patiently(actor, tag, listen)


async def _hear(actor: Actor, tag: str, answer: httpx2.Response, found: list[View]) -> None:
    """Events until the answer ends or somebody stumbles over the wire."""
    leave_after = actor.rng.choice((None, None, 3, 20))
    number = 0
    async for line in answer.aiter_lines():
        if not line.startswith("data: "):
            continue
        event = json.loads(line[6:])
        actor.book.write(f"{actor.name}/sse", "http", event)
        if not found:
            found.append(actor.book.view(event["turnId"], f"{actor.name}/sse"))
            is_new = not event.get("existing")
            actor.book.began(actor.book.sent[tag], event["turnId"], is_new=is_new)
        found[0].hear(event)
        number += 1
        if number == leave_after:
            return


async def _conversation(actor: Actor) -> str:
    async def make(http: httpx2.AsyncClient) -> dict[str, Any] | None:
        return await _data(actor, "", await http.post("/api/conversations", json={}))

    made = await _patiently(actor, "conversation", make)
    return str(made["id"])


async def _patiently(
    actor: Actor, about: str, ask: Callable[[httpx2.AsyncClient], Awaitable[Any]]
) -> Any:
    """Ask any server until one answers with something other than None."""
    give_up = time.monotonic() + BOUND_S
    headers = {"authorization": f"Bearer {actor.key}"}
    while True:
        actor.check(give_up, about)
        url = other(actor.webs, actor.rng).url
        try:
            async with (
                httpx2.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_S) as http,
                asyncio.timeout(ANSWER_S),
            ):
                answer = await ask(http)
        except (httpx2.HTTPError, OSError, TimeoutError):
            answer = None
        if answer is not None:
            return answer
        await asyncio.sleep(PAUSE_S * actor.rng.uniform(0.5, 1.5))


async def _data(actor: Actor, tag: str, answer: httpx2.Response) -> dict[str, Any] | None:
    """What an envelope holds; nothing of it for a final refusal, None for one that may pass."""
    said = answer.json()
    if said["success"]:
        data: dict[str, Any] = said["data"]
        return data
    code = said["error"]["code"]
    actor.book.refusals[code] += 1
    if code in LATER:
        return None
    if tag:
        actor.book.sent[tag].refused.add(code)
    return {}
