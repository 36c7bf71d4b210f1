"""The environment's proxies serve what they are named for, as they would without us."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from agents.providers.http.body import BODY
from agents.providers.http.client import open_client
from tests.agents.providers.http.support import OK, Server, answering, serving

SAID_BY_PROXY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@asynccontextmanager
async def between() -> AsyncIterator[tuple[Server, Server]]:
    """A server, and a proxy that answers itself."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(answering(OK)))
        yield server, await stack.enter_async_context(serving(answering(SAID_BY_PROXY)))


async def test_without_a_proxy_our_transport_answers() -> None:
    async with serving(answering(OK)) as server, open_client(verify=False) as http:
        response = await http.get(server.url)
        assert response.text == "ok"
        assert BODY in response.extensions


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
async def test_a_proxy_that_the_environment_names_gets_the_request(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with between() as (server, proxy):
        monkeypatch.setenv(name, proxy.url)
        async with open_client(verify=False) as http:
            assert (await http.get(server.url)).text == "proxy"
        assert proxy.lines[0].requests[0].startswith(b"GET http://127.0.0.1:%d/ " % server.port)
        assert not server.lines


async def test_what_no_proxy_excepts_goes_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    async with between() as (server, proxy):
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with open_client(verify=False) as http:
            assert (await http.get(server.url)).text == "ok"
            assert (await http.get("http://a.example/")).text == "proxy"


async def test_a_proxy_for_another_scheme_leaves_the_rest_to_our_transport(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with between() as (server, proxy):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with open_client(verify=False) as http:
            response = await http.get(server.url)
            assert (response.text, BODY in response.extensions) == ("ok", True)
        assert not proxy.lines


async def test_an_exception_without_a_proxy_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with serving(answering(OK)) as server, open_client(verify=False) as http:
        assert BODY in (await http.get(server.url)).extensions


async def test_https_goes_through_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answering(b"HTTP/1.1 403 Not Here\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with open_client(verify=False) as http:
            with pytest.raises(httpx2.ProxyError):
                await http.get("https://a.example/")
        assert proxy.lines[0].requests[0].startswith(b"CONNECT a.example:443 ")
