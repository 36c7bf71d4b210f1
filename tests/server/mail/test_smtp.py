"""A mail server gets a mail whole, a password only by TLS, and its refusals are understood."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.mail import smtp
from server.mail.letters import Mail, compose
from server.mail.postman import Undelivered, Unwanted
from server.mail.smtp import SmtpPostman

ELSEWHERE = "127.0.0.2"
"""Of this machine too, but not by name: stands for a server elsewhere."""


class Office:
    """A mail server. ``answer``: what it says to a recipient."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"p@ss", handled=False)


@asynccontextmanager
async def served(
    office: Office, host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Office]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, authenticator=office.authenticate, enable_SMTPUTF8=True, **options),
        host,
        0,
        ssl=tls,
    )
    office.port = server.sockets[0].getsockname()[1]
    async with server:
        yield office


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """One that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    names = [x509.IPAddress(ip_address(host)) for host in ("127.0.0.1", ELSEWHERE)]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("mail") / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def message(to: str = "ada@example.com") -> EmailMessage:
    mail = Mail(to=to, subject="Grüße", text="https://x/#secret\n")
    return compose(mail, "Causerie <no-reply@example.com>", datetime(2026, 3, 1, tzinfo=UTC))


async def refusal(url: str) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await SmtpPostman(url).deliver(message())
    assert "ada" not in str(failed.value)
    return failed.value


@pytest.mark.parametrize("to", ["ada@example.com", "žofie@example.com"])
async def test_a_mail_arrives_whole(to: str) -> None:
    async with served(Office()) as office:
        await SmtpPostman(f"smtp://127.0.0.1:{office.port}").deliver(message(to))
    (envelope,) = office.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.com", [to])
    assert isinstance(envelope.content, bytes)
    sent = message_from_bytes(envelope.content, policy=POLICY)
    assert sent["Subject"].encode("utf-8", "surrogateescape").decode() == "Grüße"
    assert sent.get_content().strip() == "https://x/#secret"


async def test_to_this_machine_a_password_goes_as_it_is() -> None:
    async with served(Office(), auth_require_tls=False) as office:
        url = f"smtp://mailer%40example.com:p%40ss@127.0.0.1:{office.port}"
        await SmtpPostman(url).deliver(message())
        assert office.logins == [(b"mailer@example.com", b"p@ss")]
        wrong = await refusal(f"smtp://mailer:wrong@127.0.0.1:{office.port}")
        assert (str(wrong), type(wrong)) == ("SMTPAuthenticationError 535", Undelivered)


async def test_elsewhere_no_password_goes_without_tls() -> None:
    async with served(Office(), ELSEWHERE, auth_require_tls=False) as office:
        failed = await refusal(f"smtp://mailer:p%40ss@{ELSEWHERE}:{office.port}")
        assert not isinstance(failed, Unwanted)
        assert office.logins == []
        await SmtpPostman(f"smtp://{ELSEWHERE}:{office.port}").deliver(message())
        assert len(office.envelopes) == 1


async def test_a_server_that_nobody_vouches_for_gets_nothing(certificate: ssl.SSLContext) -> None:
    async with (
        served(Office(), ELSEWHERE, tls_context=certificate) as offering,
        served(Office(), tls=certificate) as secure,
    ):
        for url in (
            f"smtp://{ELSEWHERE}:{offering.port}",
            f"smtp://m:p%40ss@{ELSEWHERE}:{offering.port}",
            f"smtps://m:p%40ss@127.0.0.1:{secure.port}",
        ):
            assert not isinstance(await refusal(url), Unwanted)
    assert offering.logins == secure.logins == []
    assert offering.envelopes == secure.envelopes == []


@pytest.mark.parametrize(
    ("answer", "said", "kind"),
    [
        ("550 no such ada@example.com", "SMTPRecipientRefused 550", Unwanted),
        ("451 come later, ada@example.com", "SMTPRecipientRefused 451", Undelivered),
    ],
)
async def test_a_refusal_is_final_where_the_server_says_so(
    answer: str, said: str, kind: type[Undelivered]
) -> None:
    async with served(Office(answer)) as office:
        failed = await refusal(f"smtp://127.0.0.1:{office.port}")
    assert (str(failed), type(failed)) == (said, kind)


async def test_a_server_that_is_away_or_silent_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "ANSWER_S", 0.1)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    gone = asyncio.Event()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        assert not isinstance(await refusal(f"smtp://127.0.0.1:{port}"), Unwanted)
        await gone.wait()
    assert not isinstance(await refusal(f"smtp://127.0.0.1:{port}"), Unwanted)


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("smtp://mail.example", None),
        ("smtp://user:word@mail.example", True),
        ("smtps://user:word@mail.example", False),
        ("smtp://user:word@localhost", False),
    ],
)
def test_tls_is_taken_where_offered_and_asked_for_with_a_password(
    url: str, start_tls: bool | None
) -> None:
    assert SmtpPostman(url).start_tls is start_tls
