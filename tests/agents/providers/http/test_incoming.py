"""Wherever the network cuts a response, it is the same response."""

import asyncio
import math
from collections.abc import Iterator
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.http.body import Body
from agents.providers.http.incoming import HEAD_MAX, SILENCE_MAX, Head, Incoming
from tests.agents.providers.http.test_same_answers import CHUNKED, HEAD, RESPONSES

Told = tuple[Head | None, bytes, bool, bool, str]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def incoming(loop: asyncio.AbstractEventLoop, method: str = "GET") -> Incoming:
    return Incoming(method, Body(loop, lambda: None, lambda: None))


def body_of(response: Incoming) -> bytes:
    """What has arrived by now."""
    response.body.end()
    with pytest.raises(StopIteration) as stopped:
        response.body.read(math.inf).send(None)
    data: bytes = stopped.value.value
    return data


def told(loop: asyncio.AbstractEventLoop, method: str, parts: list[bytes]) -> Told:
    """All that a response says, and the class of what is wrong with it."""
    response, error = incoming(loop, method), ""
    try:
        for part in parts:
            response.feed(part)
        response.end()
    except httpx2.RemoteProtocolError as broken:
        error = type(broken).__name__
    return response.head, body_of(response), response.is_complete, response.keeps_alive, error


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@given(said=st.sampled_from(sorted(RESPONSES.values())), data=st.data())
def test_any_segmentation_says_the_same(
    loop: asyncio.AbstractEventLoop, method: str, said: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(said)), max_size=12))
    edges = [0, *sorted(cuts), len(said)]
    parts = [said[start:end] for start, end in pairwise(edges) if start < end]
    assert told(loop, method, parts) == told(loop, method, [said])


def test_byte_by_byte_too(loop: asyncio.AbstractEventLoop) -> None:
    for said in RESPONSES.values():
        if len(said) < 1000:
            parts = [bytes([byte]) for byte in said]
            assert told(loop, "GET", parts) == told(loop, "GET", [said])


@pytest.mark.parametrize(
    ("said", "keeps_alive"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nok", True),
        (CHUNKED + b"0\r\n\r\n", True),
        (b"HTTP/1.1 204 No\r\n\r\n", True),
        (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (HEAD + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", False),
        (HEAD + b"Content-Length: 2\r\n\r\nok\0", False),
    ],
)
def test_a_connection_is_kept_only_when_both_sides_know_where_it_stands(
    loop: asyncio.AbstractEventLoop, said: bytes, keeps_alive: bool
) -> None:
    response = incoming(loop)
    response.feed(said)
    assert (response.is_complete, response.keeps_alive) == (True, keeps_alive)


def test_bytes_behind_the_end_spoil_the_connection(loop: asyncio.AbstractEventLoop) -> None:
    response = incoming(loop)
    response.feed(HEAD + b"Content-Length: 2\r\n\r\nok")
    response.feed(b"more")
    assert (response.keeps_alive, body_of(response)) == (False, b"ok")


def test_of_a_head_asked_for_no_body_is_expected(loop: asyncio.AbstractEventLoop) -> None:
    response = incoming(loop, "HEAD")
    response.feed(HEAD + b"Content-Length: 2\r\n\r\n")
    assert (response.is_complete, response.keeps_alive) == (True, True)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (HEAD, b"X-A: " + b"x" * HEAD_MAX + b"\r\n\r\n"),
        (HEAD, b"X-A: b\r\n" * HEAD_MAX),
        (HEAD + b"X-A: ", b"x" * 1000),
        (b"", b"HTTP/1.1 103 Hint\r\n\r\n"),
        (CHUNKED + b"2;", b"x" * 1000),
        (CHUNKED + b"2\r\nhi\r\n0\r\n", b"X-A: b\r\n"),
    ],
)
def test_what_brings_no_body_has_a_bound(
    loop: asyncio.AbstractEventLoop, start: bytes, more: bytes
) -> None:
    """A long head; an endless one; hints, a chunk's extension and trailers without end."""
    response = incoming(loop)
    response.feed(start)

    def go_on() -> None:
        for _ in range(SILENCE_MAX // len(more) + 1):
            response.feed(more)

    with pytest.raises(httpx2.RemoteProtocolError):
        go_on()


def test_a_long_body_has_no_bound_here(loop: asyncio.AbstractEventLoop) -> None:
    response = incoming(loop)
    response.feed(CHUNKED)
    for _ in range(100):
        response.feed(b"3e8\r\n" + bytes(1000) + b"\r\n" + b"a000\r\n" + bytes(40960) + b"\r\n")
    response.feed(b"0\r\n\r\n")
    assert len(body_of(response)) == 100 * 41960
