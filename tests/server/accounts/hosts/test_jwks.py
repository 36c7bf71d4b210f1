"""Published keys are asked for when needed, never hammered for, and hold while nobody answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from server.accounts.hosts import jwks
from server.accounts.hosts.claims import Terms
from server.accounts.hosts.jwks import EVERY_S, FRESH_S, STALE_S, Jwks, open_jwks
from server.accounts.hosts.jwt import TokenReader
from server.domain.clock import utc_now
from server.domain.errors import ServiceUnavailable, Unauthenticated
from tests.server.accounts.hosts.issuer import (
    AUDIENCE,
    EC,
    ISSUER,
    RSA,
    KeyServer,
    key_server,
    token,
)
from tests.support.eventually import eventually


class Scene:
    """Keys of a server on a real port, and a clock that the test turns."""

    def __init__(self, server: KeyServer, http: httpx2.AsyncClient) -> None:
        self.server = server
        self.now = 1_000.0
        self.jwks = Jwks(server.url, http, now=lambda: self.now)
        self.reader = TokenReader(self.jwks, Terms(utc_now, iss=ISSUER, aud=AUDIENCE))

    async def read(self, text: str) -> str:
        return (await self.reader.read(text)).external_id


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with key_server() as server, httpx2.AsyncClient() as http:
        made = Scene(server, http)
        yield made
        await made.jwks.close()


async def test_keys_are_asked_for_by_the_first_token_and_kept() -> None:
    async with scene() as at:
        assert at.server.asked == 0
        assert [await at.read(token()) for _ in range(3)] == ["42"] * 3
        assert at.server.asked == 1


async def test_many_at_once_ask_once() -> None:
    async with scene() as at:
        at.server.pause_s = 0.05
        assert len(await asyncio.gather(*(at.read(token()) for _ in range(20)))) == 20
        assert at.server.asked == 1


async def test_who_gives_up_takes_nothing_from_the_others() -> None:
    async with scene() as at:
        at.server.pause_s = 0.05
        first, second = (asyncio.create_task(at.read(token())) for _ in range(2))
        await eventually(lambda: at.server.asked == 1)
        first.cancel()
        assert await second == "42"
        assert at.server.asked == 1


async def test_a_new_key_is_found_at_once_and_a_withdrawn_one_forgotten() -> None:
    async with scene() as at:
        await at.read(token())
        at.now += EVERY_S
        at.server.publish(EC)
        assert await at.read(token(EC, "ES256")) == "42"
        with pytest.raises(Unauthenticated):
            await at.read(token())


async def test_unknown_keys_make_nobody_hammer_the_host() -> None:
    async with scene() as at:
        await at.read(token())
        for _ in range(5):
            at.now += EVERY_S
            for _ in range(10):
                with pytest.raises(Unauthenticated):
                    await at.read(token(EC, "ES256"))
        assert at.server.asked == 6


async def test_a_withdrawn_key_ends_soon_though_no_new_one_is_seen() -> None:
    async with scene() as at:
        await at.read(token())
        at.server.publish(EC)
        at.now += FRESH_S
        await at.read(token())
        at.now += 1
        with pytest.raises(Unauthenticated):
            await at.read(token())
        assert at.server.asked == 2


async def test_while_the_host_is_away_its_keys_hold_for_a_time() -> None:
    async with scene() as at:
        await at.read(token())
        at.server.status = "503 Service Unavailable"
        at.now += STALE_S - 1
        assert await at.read(token()) == "42"
        await eventually(lambda: at.server.asked == 2)
        with pytest.raises(ServiceUnavailable):  # whether there is such a key is not known
            await at.read(token(EC, "ES256"))
        at.now += 2
        with pytest.raises(ServiceUnavailable):
            await at.read(token())
        at.server.status = "200 OK"
        at.now += EVERY_S
        await eventually(lambda: is_read(at))


async def is_read(at: Scene) -> bool:
    try:
        return await at.read(token()) == "42"
    except ServiceUnavailable:
        return False


async def test_nobody_waits_for_a_host_that_is_known_to_be_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scene() as at:
        at.server.is_silent = True
        with monkeypatch.context() as patient:
            patient.setattr(jwks, "ANSWER_S", 0.05)
            with pytest.raises(ServiceUnavailable):
                await at.read(token())
        at.now += EVERY_S
        with pytest.raises(ServiceUnavailable):
            async with asyncio.timeout(jwks.ANSWER_S / 2):
                await at.read(token())
        await eventually(lambda: at.server.asked == 2)


async def test_keys_that_were_never_told_are_nobodys_fault() -> None:
    async with scene() as at:
        at.server.status = "404 Not Found"
        for _ in range(3):
            with pytest.raises(ServiceUnavailable) as refused:
                await at.read(token())
            assert refused.value.retry_after == EVERY_S
        assert at.server.asked == 1


ANSWERS: dict[str, tuple[str, tuple[str, ...], bytes]] = {
    "elsewhere": ("302 Found", ("location: http://127.0.0.1:1/",), b""),
    "too much": ("200 OK", (), b'{"keys":[]' + b" " * jwks.BYTES_MAX + b"}"),
    "no JSON": ("200 OK", (), b"<html>"),
    "no set": ("200 OK", (), b'{"keys":{}}'),
    "packed": ("200 OK", ("content-encoding: gzip",), b"\x1f\x8b\x08\x00"),
    "an odd key": ("200 OK", (), b'{"keys":[5]}'),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_answers_that_are_no_keys_change_nothing(answer: str) -> None:
    async with scene() as at:
        await at.read(token())
        at.server.status, at.server.headers, at.server.body = ANSWERS[answer]
        at.now += EVERY_S
        with pytest.raises(ServiceUnavailable):
            await at.read(token(EC, "ES256"))
        assert await at.read(token()) == "42"


async def test_a_host_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "ANSWER_S", 0.05)
    async with scene() as at:
        at.server.is_silent = True
        with pytest.raises(ServiceUnavailable):
            await at.read(token())


async def test_a_host_that_withdraws_every_key_is_believed() -> None:
    async with scene() as at:
        await at.read(token())
        at.server.publish()
        at.now += EVERY_S
        with pytest.raises(Unauthenticated):
            await at.read(token(EC, "ES256"))
        with pytest.raises(Unauthenticated):
            await at.read(token())


async def test_closing_does_not_wait_for_the_host() -> None:
    async with key_server() as server:
        server.is_silent = True
        async with open_jwks(server.url) as opened:
            asking = asyncio.create_task(opened.known())
            await eventually(lambda: server.asked == 1)
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_what_is_opened_reads_keys_over_http() -> None:
    async with key_server() as server, open_jwks(server.url) as opened:
        assert [key.kid for key in await opened.known()] == [RSA.kid]
