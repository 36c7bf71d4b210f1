"""One POST, against real servers on this machine: what it sends, and what it does not fall for."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio

from server.webhooks.client import CUT, EXCERPT_BYTES, LATE, Client, open_client
from server.webhooks.network import THREADS_OF_CHECKS
from server.webhooks.targets import NOT_PUBLIC, NotAllowed
from tests.agents.providers.http.test_dialling import Authority
from tests.server.webhooks.test_network import LOOPBACK, Names, SlowNames
from tests.support import receiver as plays
from tests.support.eventually import eventually
from tests.support.receiver import OK, Receiver, answer, receiving


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


def client(*answers: str, tls: ssl.SSLContext | None = None) -> Client:
    names = Names(*answers or ("127.0.0.1",))
    return Client(LOOPBACK, names.resolve, tls or ssl.create_default_context())


async def test_it_sends_what_it_was_given_and_nothing_of_ours(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    url = receiver.url("/hook?token=1")
    answered = await client().post(url, [("webhook-id", "event")], b'{"type":"x"}')
    assert (answered.status, answered.error, answered.is_success) == (204, None, True)
    (got,) = receiver.received
    assert got.line == "POST /hook?token=1 HTTP/1.1"
    assert got.body == b'{"type":"x"}'
    assert got.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "connection": "close",
        "content-type": "application/json",
        "content-length": "12",
        "user-agent": "Causerie-Webhooks/1",
        "webhook-id": "event",
    }


async def test_a_redirect_is_a_failure_and_leads_nowhere(receiver: Receiver) -> None:
    for status in (301, 302, 303, 307, 308):
        receiver.plays = [answer(status, location=receiver.url("/elsewhere"))]
        answered = await client().post(receiver.url(), [], b"{}")
        assert (answered.status, answered.is_success) == (status, False)
    assert {got.line for got in receiver.received} == {"POST /hook HTTP/1.1"}


async def test_a_name_that_leads_inside_later_is_refused_later(receiver: Receiver) -> None:
    names = Names("1.1.1.1", "127.0.0.1")
    rebinding = Client((), names.resolve, ssl.create_default_context())
    url = receiver.url(host="example.com", scheme="https")
    await rebinding.check(url)
    answered = await rebinding.post(url, [], b"{}")
    assert (answered.status, answered.error) == (None, NOT_PUBLIC)
    assert receiver.connections == 0


async def test_a_url_is_refused_before_anybody_is_called(receiver: Receiver) -> None:
    inside = Client((), Names("127.0.0.1").resolve, ssl.create_default_context())
    for url in (receiver.url(), receiver.url(scheme="https"), "https://a@example.com", "x"):
        with pytest.raises(NotAllowed):
            await inside.check(url)
        assert (await inside.post(url, [], b"{}")).error
    assert receiver.connections == 0


async def test_of_a_long_answer_the_beginning_is_read(receiver: Receiver) -> None:
    said = answer(500, b"\0\xff" + b"x" * 5_000_000)
    receiver.plays = [said, answer(200, b"fine")]
    answered = await client().post(receiver.url(), [], b"{}")
    assert answered.status == 500
    assert answered.excerpt == "\ufffd\ufffd" + "x" * (EXCERPT_BYTES - 2)
    assert (await client().post(receiver.url(), [], b"{}")).excerpt == "fine"


async def test_an_endless_head_is_no_answer(receiver: Receiver) -> None:
    receiver.plays = [b"HTTP/1.1 200 OK\r\n" + b"x-long: y\r\n" * 100_000]
    assert (await client().post(receiver.url(), [], b"{}")).error == CUT


async def test_informational_answers_without_end_are_no_answer(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    for tls in (None, authority.serving):
        async with receiving(tls=tls) as receiver:
            receiver.usual = b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000 + plays.SILENCE
            url = receiver.url(host="localhost", scheme="https" if tls else "http")
            answered = await client(tls=authority.trusting).post(url, [], b"{}")
            assert answered.error == CUT


async def test_what_is_no_answer_says_why(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said in (plays.CUT, b"HTTP/1.1 2", b"SSH-2.0-x\r\n\r\n"):
        receiver.plays = [said]
        assert (await client().post(receiver.url(), [], b"{}")).error == CUT
    monkeypatch.setattr("server.webhooks.client.TOTAL_S", 0.05)
    receiver.plays = [plays.SILENCE]
    assert (await client().post(receiver.url(), [], b"{}")).error == LATE
    async with receiving() as gone:
        pass
    assert (await client().post(gone.url(), [], b"{}")).error == "There was no connection."


async def test_once_the_status_has_come_the_rest_may_fail_or_never_come(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.webhooks.client.EXCERPT_S", 0.05)
    begun = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun"
    for then in (plays.CUT, plays.SILENCE):
        receiver.plays = [begun + then]
        answered = await client().post(receiver.url(), [], b"{}")
        assert (answered.is_success, answered.excerpt) == (True, "begun")


async def test_a_wish_for_a_pause_is_handed_on(receiver: Receiver) -> None:
    receiver.plays = [answer(503, Retry_After="120")]
    assert (await client().post(receiver.url(), [], b"{}")).retry_after == "120"


async def test_tls_is_for_the_name_at_the_checked_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with receiving(tls=authority.serving) as receiver:
        url = receiver.url(host="localhost", scheme="https")
        trusting = client(tls=authority.trusting)
        assert (await trusting.post(url, [], b"{}")).is_success
        assert authority.asked == ["localhost"]
        other = receiver.url(host="other.example", scheme="https")
        for http, where in ((client(), url), (trusting, other)):
            refused = await http.post(where, [], b"{}")
            assert refused.error is not None
            assert refused.error.startswith("The certificate is not valid")
        assert len(receiver.received) == 1

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.close()

    plain = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with plain:
        port = plain.sockets[0].getsockname()[1]
        spoken = await trusting.post(f"https://localhost:{port}/", [], b"{}")
        assert spoken.error == "There was no TLS connection."


async def test_it_opens_with_what_the_system_has(receiver: Receiver) -> None:
    receiver.usual = OK
    async with open_client((ip_network("127.0.0.1"),)) as http:
        target = await http.check(receiver.url(host="localhost"))
        assert target.name == f"localhost:{receiver.port}"
        assert (await http.post(receiver.url(), [], b"{}")).is_success


async def test_urls_that_are_checked_hold_up_no_delivery(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = SlowNames(monkeypatch)
    async with open_client(LOOPBACK) as http, asyncio.TaskGroup() as tasks:
        checks = [
            tasks.create_task(refused(http, f"https://{number}.slow.example"))
            for number in range(100)
        ]
        await eventually(lambda: len(names.asked) == THREADS_OF_CHECKS)
        assert (await http.post(receiver.url(host="localhost"), [], b"{}")).is_success
        assert not any(check.done() for check in checks)
        names.released.set()


async def refused(http: Client, url: str) -> None:
    with pytest.raises(NotAllowed):
        await http.check(url)
