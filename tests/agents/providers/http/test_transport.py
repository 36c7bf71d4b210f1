"""Requests and responses as every caller of httpx2 knows them."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest

from agents.providers.http.body import BODY, Body, direct_body
from agents.providers.http.pool import Bounds
from tests.agents.providers.http.support import OK, Line, answering, client, serving, talking
from tests.support.eventually import eventually

SLOW = httpx2.Timeout(5, read=0.1)


async def silent(line: Line) -> None:
    await line.hear()
    await line.left()


def starting(*parts: bytes) -> Callable[[Line], Awaitable[None]]:
    """Says ``parts`` and then nothing, for as long as the client stays."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(*parts)
        await line.left()

    return talk


def linger_nowhere(line: Line) -> None:
    """Closes with a reset instead of a farewell."""
    sock = line.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.reset()


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


async def test_a_request_is_sent_as_it_is() -> None:
    async with talking(answering(OK)) as (server, http):
        await http.post(server.url + "a%20b?c=d", content=b"body", headers={"X-Case": "Kept"})
        request = server.lines[0].requests[0]
        assert request.startswith(b"POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nX-Case: Kept\r\n" in request
        assert request.endswith(b"\r\nContent-Length: 4\r\n\r\nbody")


async def test_a_body_without_a_length_is_sent_in_chunks() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"hello", b"", b" world!!!!"):
            yield part

    async with talking(answering(OK)) as (server, http):
        await http.post(server.url, content=parts())
        assert (
            server.lines[0]
            .requests[0]
            .endswith(
                b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\na\r\n world!!!!\r\n0\r\n\r\n"
            )
        )


@pytest.mark.parametrize("length", [3, 9])
async def test_a_body_of_another_length_than_announced_is_not_sent_on(length: int) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"hello"

    async with talking(answering(OK)) as (server, http):
        with pytest.raises(httpx2.LocalProtocolError):
            await http.post(server.url, content=parts(), headers={"Content-Length": str(length)})
        assert (await http.get(server.url)).text == "ok"
        assert server.lines[0].requests == []


async def test_what_fails_while_a_body_is_made_closes_the_connection() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"hello"
        raise LookupError

    async with talking(silent) as (server, http):
        with pytest.raises(LookupError):
            await http.post(server.url, content=parts())
        await eventually(server.lines[0].reader.at_eof)


async def test_the_response_tells_what_is_not_in_its_headers() -> None:
    async with talking(answering(b"HTTP/1.1 200 Fine\r\ncOnTent-length: 0\r\n\r\n")) as (
        server,
        http,
    ):
        response = await http.get(server.url)
    assert (response.http_version, response.reason_phrase) == ("HTTP/1.1", "Fine")
    assert response.headers.raw == [(b"cOnTent-length", b"0")]
    assert response.extensions["http_version"] == b"HTTP/1.1"
    assert response.extensions["reason_phrase"] == b"Fine"


async def test_a_body_can_be_read_past_httpx2() -> None:
    async with (
        talking(answering(OK)) as (server, http),
        http.stream("GET", server.url) as response,
    ):
        body = direct_body(response)
        assert isinstance(body, Body)
        assert body is response.extensions[BODY]
        deadline = asyncio.get_running_loop().time() + 5
        assert await body.read(deadline) == b"ok"
        assert await body.read(deadline) == b""


async def test_a_response_read_to_its_end_leaves_its_connection_to_the_next_request() -> None:
    async with talking(answering(OK)) as (server, http):
        for _ in range(3):
            assert (await http.get(server.url)).text == "ok"
        assert len(server.lines) == 1


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", OK + b"surplus"],
)
async def test_a_connection_that_cannot_be_trusted_is_not_used_again(said: bytes) -> None:
    async with talking(answering(said)) as (server, http):
        for _ in range(2):
            assert (await http.get(server.url)).text == "ok"
        assert len(server.lines) == 2


async def test_leaving_a_response_closes_its_connection() -> None:
    async with talking(starting(HALF)) as (server, http):
        async with http.stream("GET", server.url) as response:
            assert await anext(response.aiter_raw()) == b"half"
        await eventually(server.lines[0].reader.at_eof)


@pytest.mark.parametrize("parts", [(), (b"HTTP/1.1 200",), (HALF,)])
async def test_a_cancelled_request_closes_its_connection(parts: tuple[bytes, ...]) -> None:
    async with talking(starting(*parts)) as (server, http):
        task = asyncio.create_task(http.get(server.url))
        await eventually(lambda: server.lines and server.lines[0].requests)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(server.lines[0].reader.at_eof)


@pytest.mark.parametrize("parts", [(), (b"HTTP/1.1 200",), (HALF,)])
async def test_silence_is_a_read_timeout(parts: tuple[bytes, ...]) -> None:
    async with talking(starting(*parts)) as (server, http):
        with pytest.raises(httpx2.ReadTimeout):
            await http.get(server.url, timeout=SLOW)
        await eventually(server.lines[0].reader.at_eof)


async def test_a_server_that_takes_nothing_is_a_write_timeout() -> None:
    async with talking(lambda _: asyncio.sleep(5)) as (server, http):
        with pytest.raises(httpx2.WriteTimeout):
            await http.post(
                server.url, content=bytes(30_000_000), timeout=httpx2.Timeout(5, write=0.1)
            )


@pytest.mark.parametrize("parts", [(), (HALF,)])
async def test_a_reset_is_a_read_error(parts: tuple[bytes, ...]) -> None:
    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(*parts)
        linger_nowhere(line)

    async with talking(talk) as (server, http):
        with pytest.raises(httpx2.ReadError):
            await http.get(server.url)


async def test_a_dead_connection_is_not_asked_twice() -> None:
    """A request may have been carried out by a server that died before it said so."""

    async def talk(line: Line) -> None:
        await line.hear()
        await line.say(OK)
        await line.hear()  # and not a word

    async with talking(talk) as (server, http):
        await http.post(server.url, content=b"one")
        with pytest.raises(httpx2.RemoteProtocolError):
            await http.post(server.url, content=b"two")
        assert [len(line.requests) for line in server.lines] == [2]


async def test_no_place_is_a_pool_timeout() -> None:
    one = Bounds(open_max=1, idle_max=1, idle_s=60)
    async with talking(silent, one) as (server, http):
        first = asyncio.create_task(http.get(server.url))
        await eventually(lambda: server.lines)
        with pytest.raises(httpx2.PoolTimeout):
            await http.get(server.url, timeout=httpx2.Timeout(5, pool=0.05))
        first.cancel()


async def test_nobody_there_is_a_connect_error() -> None:
    async with serving(silent) as server:
        url = server.url
    async with client() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get(url)


async def test_another_protocol_has_no_transport() -> None:
    async with client() as http:
        with pytest.raises(httpx2.UnsupportedProtocol):
            await http.get("ftp://127.0.0.1/")


async def test_closing_the_client_closes_what_idles_and_what_is_under_way() -> None:
    async with talking(starting(HALF)) as (server, http):
        request = http.build_request("GET", server.url)
        response = await http.send(request, stream=True)
        await http.aclose()
        await eventually(server.lines[0].reader.at_eof)
        with pytest.raises(httpx2.ReadError):
            await response.aread()


async def test_compressed_bodies_are_left_to_httpx2() -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
    async with talking(answering(said)) as (server, http):
        assert direct_body(await http.get(server.url)) is None
