"""Mail by SMTP: one connection a mail, TLS wherever somebody could listen in."""

import asyncio
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
)

from server.mail.postman import Undelivered, Unwanted

SMTPS_PORT, SUBMISSION_PORT = 465, 587
"""RFC 8314 and RFC 6409: TLS from the start, and mail that is handed in."""

ANSWER_S, MAIL_S = 15.0, 60.0
"""For one answer of the server, and for a whole mail: some take their time over a new sender."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SmtpPostman:
    """A mail server at ``smtp://user:password@host:port`` or ``smtps://…``; a user and password
    with ``%`` for what an address cannot hold.

    A password goes over TLS only, except to this machine itself, whose certificate nobody checks.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (SMTPS_PORT if self._is_tls else SUBMISSION_PORT)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    @property
    def start_tls(self) -> bool | None:
        """Whether to ask for TLS after the greeting; None: where the server offers it."""
        if self._is_tls or self._host in _LOOPBACK:
            return False
        return True if self._user else None

    async def deliver(self, message: EmailMessage) -> None:
        sender = message["From"].addresses[0]
        (recipient,) = message["To"].addresses
        client = SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._is_tls,
            start_tls=self.start_tls,
            timeout=ANSWER_S,
            # What it would find out by itself takes a look at the name server.
            local_hostname=sender.domain,
        )
        try:
            async with asyncio.timeout(MAIL_S), client:
                await client.send_message(
                    message, sender=sender.addr_spec, recipients=[recipient.addr_spec]
                )
        except (SMTPException, OSError, ValueError) as error:
            raise _undelivered(error) from error


def _undelivered(error: Exception) -> Undelivered:
    """What the server says may repeat the address, so only its number is told."""
    refused = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) else error
    code = getattr(refused, "code", None)
    why = type(error).__name__ if code is None else f"{type(refused).__name__} {code}"
    # Of us it may think better: a password is renewed, a sender allowed.
    is_of_this_mail = isinstance(error, SMTPRecipientsRefused | SMTPDataError)
    is_final = is_of_this_mail and code is not None and code >= 500
    return Unwanted(why) if is_final else Undelivered(why)
