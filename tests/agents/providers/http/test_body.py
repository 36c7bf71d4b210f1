"""What arrived together is handed over together, in order, with what went wrong behind it."""

import asyncio
import math

import httpx2
import pytest

from agents.providers.http.body import BODY, BUFFER_MAX, Body, direct_body


class Flow:
    """Of the network, as the body asked for it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")


def made(flow: Flow | None = None) -> Body:
    flow = flow or Flow()
    return Body(asyncio.get_running_loop(), flow.pause, flow.resume)


def network_read(body: Body, *parts: bytes) -> None:
    for part in parts:
        body.add(part)
    body.arrived()


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def at_once(body: Body) -> bytes:
    """What a read gives that does not wait for the loop."""
    reading = body.read(math.inf)
    with pytest.raises(StopIteration) as stopped:
        reading.send(None)
    data: bytes = stopped.value.value
    return data


async def test_what_is_there_is_read_without_the_loop() -> None:
    body = made()
    network_read(body, b"a", b"b")
    network_read(body, b"c")
    assert at_once(body) == b"abc"
    body.end()
    assert at_once(body) == at_once(body) == b""


async def test_a_reader_is_woken_once_for_all_parts_of_a_network_read() -> None:
    body = made()
    reading = asyncio.create_task(body.read(soon()))
    await asyncio.sleep(0)
    body.add(b"a")
    await asyncio.sleep(0)
    assert not reading.done()
    network_read(body, b"b")
    network_read(body, b"c")  # before the reader had its turn
    assert await reading == b"abc"


async def test_an_error_comes_after_the_bytes_before_it_and_stays() -> None:
    body = made()
    network_read(body, b"a")
    body.end(httpx2.ReadError("cut"))
    body.end()
    assert at_once(body) == b"a"
    for _ in range(2):
        with pytest.raises(httpx2.ReadError, match="cut"):
            await body.read(soon())


@pytest.mark.parametrize("error", [None, httpx2.ReadError("cut")])
async def test_an_end_wakes_the_reader(error: Exception | None) -> None:
    body = made()
    reading = asyncio.create_task(body.read(soon()))
    await asyncio.sleep(0)
    body.end(error)
    (told,) = await asyncio.gather(reading, return_exceptions=True)
    assert told == (error or b"")


async def test_silence_until_the_deadline_is_a_timeout_and_can_be_waited_on_again() -> None:
    body = made()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await body.read(soon(0.01))
    with pytest.raises(TimeoutError):
        await body.read(soon(-1))
    network_read(body, b"late")
    assert at_once(body) == b"late"


@pytest.mark.parametrize(("first", "second"), [(0.02, 0.06), (5, 0.02)])
async def test_each_read_has_its_own_deadline(first: float, second: float) -> None:
    """A later one than that of the read before, and an earlier one."""
    body = made()
    reading = asyncio.create_task(body.read(soon(first)))
    await asyncio.sleep(0)
    network_read(body, b"a")
    assert await reading == b"a"
    deadline = soon(second)
    with pytest.raises(TimeoutError):
        await body.read(deadline)
    assert soon(0) >= deadline


async def test_a_read_that_was_cancelled_takes_nothing() -> None:
    body = made()
    reading = asyncio.create_task(body.read(soon()))
    await asyncio.sleep(0)
    reading.cancel()
    network_read(body, b"a")
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert at_once(body) == b"a"


async def test_the_network_pauses_when_nobody_takes() -> None:
    flow = Flow()
    body = made(flow)
    network_read(body, bytes(BUFFER_MAX))
    assert flow.asked == []
    network_read(body, b"x")
    network_read(body, b"x")
    assert flow.asked == ["pause"]
    assert len(at_once(body)) == BUFFER_MAX + 2
    assert flow.asked == ["pause", "resume"]


async def test_the_network_flows_again_when_the_body_has_ended_or_nobody_reads_it() -> None:
    """The next response comes over the same connection."""
    flow = Flow()
    ended, closed = made(flow), made(flow)
    for body in (ended, closed):
        network_read(body, bytes(BUFFER_MAX + 1))
    ended.end()
    closed.close()
    assert flow.asked == ["pause", "pause", "resume", "resume"]
    assert len(at_once(ended)) == BUFFER_MAX + 1
    with pytest.raises(httpx2.ReadError):
        await closed.read(soon())


async def test_only_plain_bodies_of_our_own_transport_are_direct() -> None:
    body = made()
    ours = {BODY: body}
    assert direct_body(httpx2.Response(200, extensions=ours)) is body
    assert direct_body(httpx2.Response(200)) is None
    for coding, expected in (("Identity", body), ("br", None), ("gzip", None)):
        headers = {"Content-Encoding": coding}
        assert direct_body(httpx2.Response(200, headers=headers, extensions=ours)) is expected
