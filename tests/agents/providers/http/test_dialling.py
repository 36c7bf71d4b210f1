"""Addresses that lead nowhere, and servers that are not who they should be."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agents.providers.http.dialling import Address, addresses_of, fastest
from tests.agents.providers.http.support import OK, Line, answering, answering_once, client, serving
from tests.support.eventually import eventually


def at(address: str, port: int) -> Address:
    return socket.AF_INET, (address, port)


async def silent(line: Line) -> None:
    await line.left()


@pytest.fixture
def unanswered() -> Iterator[int]:
    """A port where connecting never ends: its queue is full."""
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        port: int = listening.getsockname()[1]
        yield port


async def test_names_and_literals_have_addresses() -> None:
    assert await addresses_of("127.0.0.1", 80) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert await addresses_of("::1", 80) == [(socket.AF_INET6, ("::1", 80, 0, 0))]
    assert (socket.AF_INET, ("127.0.0.1", 80)) in await addresses_of("localhost", 80)
    with pytest.raises(OSError, match=r".+"):
        await addresses_of("name.invalid", 80)


async def test_the_next_address_is_tried_when_one_refuses_or_keeps_silent(unanswered: int) -> None:
    async with serving(silent) as gone:
        pass
    async with serving(silent) as server:
        here = at("127.0.0.1", server.port)
        for elsewhere in (at("127.0.0.1", gone.port), at("127.0.0.1", unanswered)):
            with await fastest([elsewhere, here]) as sock:
                assert sock.getpeername() == here[1]


async def test_of_two_that_answer_one_is_kept_and_the_other_hung_up() -> None:
    async with serving(silent) as one, serving(silent) as other:
        addresses = [at("127.0.0.1", server.port) for server in (one, other)]
        with await fastest(addresses) as sock:
            assert sock.getpeername() == addresses[0][1]
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert not other.lines


async def test_when_no_address_answers_each_says_why() -> None:
    async with serving(silent) as one, serving(silent) as other:
        addresses = [at("127.0.0.1", server.port) for server in (one, other)]
    with pytest.raises(OSError, match=f"{one.port}.*;.*{other.port}"):
        await fastest(addresses)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_nobody_who_answers_is_a_connect_timeout(scheme: str, unanswered: int) -> None:
    async with client(timeout_s=0.1) as http:
        with pytest.raises(httpx2.ConnectTimeout):
            await http.get(f"{scheme}://127.0.0.1:{unanswered}/")


class Authority:
    """Signs for localhost and 127.0.0.1; ``trusting`` knows it."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        today = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = folder / "server.pem"
        public = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem.write_bytes(private + public)
        self.serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.serving.load_cert_chain(pem)
        self.serving.set_alpn_protocols(["h2", "http/1.1"])
        self.asked: list[str | None] = []
        self.serving.sni_callback = lambda _, name, __: self.asked.append(name)
        self.trusting = ssl.create_default_context(cadata=public.decode())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_tls_is_spoken_with_name_and_protocol(authority: Authority) -> None:
    protocols: list[object] = []

    async def talk(line: Line) -> None:
        tls = line.writer.get_extra_info("ssl_object")
        protocols.append(tls.selected_alpn_protocol())
        await answering(OK)(line)

    async with serving(talk, authority.serving) as server, client(tls=authority.trusting) as http:
        for _ in range(3):
            response = await http.post(f"https://localhost:{server.port}/", content=bytes(500_000))
            assert response.text == "ok"
        assert len(server.lines) == 1
    assert (protocols, authority.asked) == (["http/1.1"], ["localhost"])


async def test_another_name_can_be_asked_for(authority: Authority) -> None:
    async with (
        serving(answering(OK), authority.serving) as server,
        client(tls=authority.trusting) as http,
    ):
        url = f"https://127.0.0.1:{server.port}/"
        await http.get(url)
        await http.get(url, extensions={"sni_hostname": "localhost"})
        assert authority.asked[-1] == "localhost"
        assert len(server.lines) == 2  # a connection of the one name is not the other's
        with pytest.raises(httpx2.ConnectError):
            await http.get(url, extensions={"sni_hostname": "a.example"})


async def test_an_unknown_authority_is_a_connect_error(authority: Authority) -> None:
    async with (
        serving(answering(OK), authority.serving) as server,
        client(tls=ssl.create_default_context()) as http,
    ):
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            await http.get(f"https://localhost:{server.port}/")


async def test_a_server_that_speaks_no_tls_is_a_connect_error() -> None:
    async def talk(line: Line) -> None:
        await line.say(b"SSH-2.0-OpenSSH_9.6\r\n")
        await line.left()

    async with serving(talk) as server, client() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get(f"https://127.0.0.1:{server.port}/")


async def test_a_handshake_that_does_not_end_is_a_connect_timeout() -> None:
    async with serving(silent) as server, client(timeout_s=0.1) as http:
        with pytest.raises(httpx2.ConnectTimeout):
            await http.get(f"https://127.0.0.1:{server.port}/")
        await eventually(server.lines[0].reader.at_eof)


async def test_tls_may_end_a_body_without_a_farewell(authority: Authority) -> None:
    """As with the stock transport: a server need not say that it closes on purpose."""
    said = b"HTTP/1.1 200 OK\r\n\r\nuntil close"
    async with (
        serving(answering_once(said), authority.serving) as server,
        client(tls=authority.trusting) as http,
    ):
        assert (await http.get(f"https://localhost:{server.port}/")).text == "until close"


async def test_a_request_given_up_during_the_handshake_closes_the_connection() -> None:
    async with serving(silent) as server, client() as http:
        task = asyncio.create_task(http.get(f"https://127.0.0.1:{server.port}/"))
        await eventually(lambda: server.lines)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(server.lines[0].reader.at_eof)
