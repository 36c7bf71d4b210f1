"""What is connected to is what was checked."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import httpcore2
import pytest

from server.webhooks.addresses import Address
from server.webhooks.network import CheckedBackend, Resolver, admitted
from server.webhooks.targets import NotAllowed, parse
from tests.support.receiver import receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Names:
    """A resolver that answers as it is told, each time the next."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ip_address(one) for one in answer.split()]


async def test_one_address_inside_is_enough_to_refuse_a_host() -> None:
    target = parse("https://example.com")
    assert await admitted(target, Names("1.1.1.1 2606:4700::1111").resolve, ())
    for answer in ("1.1.1.1 10.0.0.1", "127.0.0.1", "::1 1.1.1.1", "::ffff:10.0.0.1"):
        with pytest.raises(NotAllowed, match="public addresses"):
            await admitted(target, Names(answer).resolve, ())


async def test_a_host_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    target = parse("https://example.com")

    async def never(host: str, port: int) -> Sequence[Address]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr("server.webhooks.network.RESOLVE_S", 0.01)
    for resolve in (never, Names("").resolve):
        with pytest.raises(NotAllowed, match="public addresses"):
            await admitted(target, resolve, ())


async def test_the_systems_resolver_reads_names_and_every_spelling_of_an_address() -> None:
    resolver = Resolver(1)
    try:
        assert ip_address("127.0.0.1") in await resolver.resolve("localhost", 1)
        for host in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1"):
            assert await resolver.resolve(host, 1) == [ip_address("127.0.0.1")]
            with pytest.raises(NotAllowed):
                await admitted(parse(f"https://{host}/"), resolver.resolve, ())
        with pytest.raises(NotAllowed, match="public addresses"):
            await admitted(parse("https://name.invalid/"), resolver.resolve, ())
    finally:
        resolver.close()


class SlowNames:
    """In the place of the system's resolver: names in ``slow.example`` get no answer before it is
    released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.released = threading.Event()
        self._getaddrinfo = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._answer)

    def _answer(self, host: str, *rest: Any, **more: Any) -> Any:
        self.asked.append(host)
        if host.endswith("slow.example"):
            self.released.wait()
            raise socket.gaierror("no answer")
        return self._getaddrinfo(host, *rest, **more)


async def test_a_name_that_gets_no_answer_takes_one_thread_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names, resolver = SlowNames(monkeypatch), Resolver(2)
    monkeypatch.setattr("server.webhooks.network.RESOLVE_S", 0.01)
    try:
        for _ in range(5):
            with pytest.raises(NotAllowed):
                await admitted(parse("https://slow.example"), resolver.resolve, ())
        assert ip_address("127.0.0.1") in await resolver.resolve("localhost", 1)
        assert names.asked == ["slow.example", "localhost"]
        names.released.set()
        with pytest.raises(OSError, match="no answer"):
            await resolver.resolve("slow.example", 443)
    finally:
        names.released.set()
        resolver.close()


async def test_the_name_is_asked_for_once_and_the_connection_goes_to_that_answer() -> None:
    async with receiving() as one, receiving(host="127.0.0.2") as other:
        names = Names("127.0.0.1", "127.0.0.2")
        backend = CheckedBackend(parse(one.url(host="example.com")), names.resolve, LOOPBACK)
        stream = await backend.connect_tcp("elsewhere.example", 1)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", one.port)
        assert names.asked == 1
        await stream.aclose()
        assert other.connections == 0


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async with receiving() as receiver:
        target = parse(receiver.url(host="example.com"))
        for answer in ("127.0.0.2 127.0.0.1", "127.0.0.2 127.0.0.3 127.0.0.1"):
            backend = CheckedBackend(target, Names(answer).resolve, LOOPBACK)
            await (await backend.connect_tcp("", 0)).aclose()
        backend = CheckedBackend(target, Names("127.0.0.2 127.0.0.3").resolve, LOOPBACK)
        with pytest.raises(httpcore2.ConnectError):
            await backend.connect_tcp("", 0)
