"""What users do, one thing each: every one plays to its end and leaves nothing behind."""

import asyncio
from contextlib import suppress

from tests.system.chaos import plays
from tests.system.chaos.actor import Actor, LeftWaiting
from tests.system.chaos.book import View
from tests.system.chaos.sessions import LOST, opened, other
from tests.system.chaos.webscripts import stream_by_http, wait_by_http


async def talk(actor: Actor) -> None:
    """A few turns of one conversation, one after the other."""
    payload: dict[str, str] = {}
    for _ in range(actor.rng.randint(1, 3)):
        view = await actor.converse(plays.any_play(actor.rng), **payload)
        if isinstance(view, str) or view.started is None:
            return
        payload["conversationId"] = view.started["conversationId"]


async def several(actor: Actor) -> None:
    """Turns side by side in one session."""
    started = [await actor.start(plays.any_play(actor.rng)) for _ in range(4)]
    for view in started:
        if isinstance(view, View):
            await actor.follow(view)


async def drop(actor: Actor) -> None:
    """Lose the line again and again in the middle of an answer."""
    view = await actor.start(plays.slow(actor.rng))
    if isinstance(view, str):
        return
    for _ in range(actor.rng.randint(1, 3)):
        await actor.follow(view, until=len(view.text) + actor.rng.randint(1, 120))
        await actor.leave(rudely=actor.rng.random() < 0.7)
    await actor.follow(view)


async def watch_elsewhere(actor: Actor) -> None:
    """A second device attaches from the beginning, on another server."""
    view = await actor.start(plays.slow(actor.rng))
    if isinstance(view, str):
        return
    second = actor.twin("2nd")
    again = actor.book.view(view.turn_id, second.name)
    try:
        await asyncio.gather(actor.follow(view), second.follow(again))
    finally:
        await second.leave()


async def subscribe_elsewhere(actor: Actor) -> None:
    """A second device subscribes to the conversation and is told of what the first one starts."""
    first = await actor.converse("tokens=5")
    if isinstance(first, str) or first.started is None:
        return
    conversation = first.started["conversationId"]
    second = actor.twin("sub")
    with suppress(*LOST):
        session = await second.session()
        answer = await session.ask("conversation.subscribe", conversationId=conversation)
        if answer["type"] == "conversation.subscribed":
            view = await actor.converse(plays.slow(actor.rng), conversationId=conversation)
            if isinstance(view, View):
                await asyncio.sleep(0.5)
    await second.leave()


async def cancel(actor: Actor) -> None:
    """Stop an answer, from this device or another, now or at the very end; sometimes leave too."""
    view = await actor.start(plays.slow(actor.rng))
    if isinstance(view, str):
        return
    await actor.follow(view, until=actor.rng.choice((0, 1, 50, 400, 2_000)))
    by = actor if actor.rng.random() < 0.5 else actor.twin("hand")
    with suppress(*LOST):
        session = await by.session()
        if actor.rng.random() < 0.3:
            await asyncio.gather(
                actor.leave(rudely=True), session.ask("turn.cancel", turnId=view.turn_id)
            )
        else:
            await session.ask("turn.cancel", turnId=view.turn_id)
    if by is not actor:
        await by.leave()
    await actor.follow(view)


async def repeat(actor: Actor) -> None:
    """Fifty copies of one question over all servers: one turn."""
    tag, text = actor.prompt("tokens=30 gap=0.01")
    actor.book.sent[tag].copies = 50
    payload = {"model": "openai/stub-model", "clientMessageId": tag, "text": text}

    async def some(number: int) -> None:
        web = actor.webs[number % len(actor.webs)]
        with suppress(*LOST):
            async with opened(actor.book, f"{actor.name}/{number}", web, actor.key) as session:
                for _ in range(9):
                    answer = await session.ask("turn.start", **payload)
                    if answer["type"] == "turn.started":
                        session.view(answer["turnId"]).restarted = True
                        actor.book.began(actor.book.sent[tag], answer["turnId"], is_new=False)

    await asyncio.gather(*(some(number) for number in range(6)))
    view = await actor.submit(tag, text)
    if isinstance(view, View):
        view.restarted = True
        await actor.follow(view)


async def grow(actor: Actor) -> None:
    """An answer that outgrows its hold several times."""
    await actor.converse(f"tokens={actor.rng.randint(2_500, 5_000)} gap=0.004 burst=10")


async def huge(actor: Actor) -> None:
    """Five million characters in one event of the provider."""
    await actor.converse(plays.HUGE)


async def ignore(actor: Actor) -> None:
    """Ask for a lot and read nothing of it for a while."""
    with suppress(*LOST):
        session = await actor.session()
        session.socket.transport.pause_reading()
        tag, text = actor.prompt("tokens=400 huge=300000")
        payload = {"model": "openai/stub-model", "clientMessageId": tag, "text": text}
        with suppress(*LOST):
            await session.ask("turn.start", **payload)
        await asyncio.sleep(actor.rng.uniform(1, 4))
        session.socket.transport.resume_reading()
        await actor.leave(rudely=True)
        view = await actor.submit(tag, text)
        if isinstance(view, View):
            await actor.follow(view)


async def trickle(actor: Actor) -> None:
    """Read a byte a second or so, for some seconds; then come back as a good client."""
    view = await actor.start("tokens=400 gap=0.01")
    if isinstance(view, str):
        return
    session = actor.current
    if session is not None:
        transport = session.socket.transport
        for _ in range(actor.rng.randint(2, 6)):
            if transport.is_closing():
                break
            transport.pause_reading()
            await asyncio.sleep(0.9)
            with suppress(RuntimeError):
                transport.resume_reading()
            await asyncio.sleep(0.01)
    await actor.leave(rudely=True)
    await actor.follow(view)


async def misbehave(actor: Actor) -> None:
    """Floods, garbage, frames that are too large: told so or closed, and nobody else suffers."""
    frames: tuple[str | bytes, ...] = (
        "{",
        "[]",
        '{"type": "no.such", "id": "x"}',
        '{"type": "turn.start", "id": "x", "text": 7}',
        "[" * 5_000,
        b"\x00\x01",
        '{"type": "ping", "id": "p", "n": 1e999}',
    )
    with suppress(*LOST):
        session = await actor.session()
        match actor.rng.randrange(3):
            case 0:
                for number in range(300):
                    await session.socket.send(f'{{"type": "ping", "id": "f{number}"}}')
            case 1:
                for _ in range(30):
                    await session.socket.send(actor.rng.choice(frames))
            case _:
                await session.socket.send("x" * 400_000)
        async with asyncio.timeout(3):
            await session.has_ended.wait()
    await actor.leave(rudely=True)


async def storm(actor: Actor) -> None:
    """Many connections at once, most of them gone before they are ready."""

    async def one(number: int) -> None:
        with suppress(*LOST):
            web = other(actor.webs, actor.rng)
            async with opened(actor.book, f"{actor.name}/{number}", web, actor.key):
                await asyncio.sleep(actor.rng.random() * 0.3)

    await asyncio.gather(*(one(number) for number in range(150)))


SCRIPTS = {
    talk: 30,
    several: 10,
    drop: 14,
    watch_elsewhere: 12,
    subscribe_elsewhere: 6,
    cancel: 14,
    repeat: 3,
    grow: 3,
    huge: 1,
    ignore: 2,
    trickle: 2,
    wait_by_http: 6,
    stream_by_http: 6,
    misbehave: 3,
    storm: 1,
}


async def play(actor: Actor, ended: asyncio.Event) -> None:
    """One script after the other until ``ended``; what was begun is brought to its end."""
    scripts, weights = list(SCRIPTS), list(SCRIPTS.values())
    while not ended.is_set():
        script = actor.rng.choices(scripts, weights)[0]
        actor.book.scripts[script.__name__] += 1
        try:
            await script(actor)
        except LeftWaiting:
            pass
        except LOST:
            actor.book.crashes[script.__name__] += 1
        await actor.leave()
        await asyncio.sleep(actor.rng.uniform(0, 0.2))
