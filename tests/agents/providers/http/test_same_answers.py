"""Measured against the stock transport: the same answer, or the same kind of failure."""

import httpx2
import pytest

from tests.agents.providers.http.support import OK, answering_once, client, serving

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

RESPONSES = {
    "length": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "no body": HEAD + b"Content-Length: 0\r\n\r\n",
    "until close": HEAD + b"\r\nuntil close",
    "http/1.0": b"HTTP/1.0 200 OK\r\n\r\nold",
    "chunks": CHUNKED + b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
    "spaces behind a chunk's size": CHUNKED + b"2  \r\nhi\r\n0\r\n\r\n",
    "chunks and a length": HEAD
    + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "hints before it": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    + OK,
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "empty and padded headers": HEAD + b"X-A:\r\nX-B:  b \t\r\nContent-Length: 2\r\n\r\nok",
    "line feeds alone": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "close": HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nok",
    "more than was announced": OK + b"surplus",
    "compressed": HEAD + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
    "repeated headers": HEAD + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
    "bytes beyond ascii": b"HTTP/1.1 200 Gr\xfc\xdfe\r\nX-A: \xe9\r\nContent-Length: 0\r\n\r\n",
    # Broken ones.
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head without its end": HEAD + b"Content-Length: 5\r\n",
    "too short": HEAD + b"Content-Length: 9\r\n\r\nhello",
    "no last chunk": CHUNKED + b"5\r\nhello\r\n",
    "half a chunk": CHUNKED + b"5\r\nhel",
    "a chunk of no size": CHUNKED + b"x\r\nhello\r\n",
    "a chunk longer than it says": CHUNKED + b"2\r\nhello\r\n0\r\n\r\n",
    "not http": b"SSH-2.0-OpenSSH_9.6\r\n",
    "no status": b"HTTP/1.1 what OK\r\n\r\n",
    "a header without a name": HEAD + b": x\r\n\r\n",
    "a header with a space in its name": HEAD + b"A B: x\r\n\r\n",
    "a length that is no number": HEAD + b"Content-Length: many\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "another coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
    b"Connection: upgrade\r\n\r\n",
    "an endless head": HEAD + b"X-A: " + b"x" * 150_000 + b"\r\n\r\n",
}

REFUSED = {
    "a folded header": HEAD + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "the same length twice": HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
}
"""The stock transport takes them."""


async def told(http: httpx2.AsyncClient, method: str, url: str) -> object:
    """What a caller gets: an answer, or the class of the exception."""
    try:
        response = await http.request(method, url)
    except httpx2.HTTPError as error:
        return type(error)
    return (
        response.status_code,
        response.reason_phrase,
        response.http_version,
        response.headers.raw,
        response.content,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("said", RESPONSES.values(), ids=RESPONSES)
async def test_an_answer_is_what_the_stock_transport_makes_of_it(said: bytes, method: str) -> None:
    async with (
        serving(answering_once(said)) as server,
        client() as http,
        httpx2.AsyncClient(verify=False) as stock,
    ):
        assert await told(http, method, server.url) == await told(stock, method, server.url)


@pytest.mark.parametrize("said", REFUSED.values(), ids=REFUSED)
async def test_what_the_parser_finds_ambiguous_is_no_answer(said: bytes) -> None:
    async with serving(answering_once(said)) as server, client() as http:
        assert await told(http, "GET", server.url) is httpx2.RemoteProtocolError
