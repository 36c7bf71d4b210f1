"""The mails that the server has written, as whoever gets them reads them."""

import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.support.eventually import eventually
from tests.support.server import LiveServer

MAILS = "mails"
"""The folder beside the server's own."""


async def letter(server: LiveServer, to: str, *, subject: str) -> str:
    """The text of the newest mail to that address with that subject, once it is there."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [
            _text(mail) for mail in _mails(server) if (mail["To"], mail["Subject"]) == (to, subject)
        ]
        return bool(found)

    await eventually(look)
    return found[-1]


async def link(server: LiveServer, to: str, *, subject: str) -> str:
    """The link in it."""
    found = re.search(r"http\S+#\S+", await letter(server, to, subject=subject))
    assert found
    return found[0]


def _mails(server: LiveServer) -> list[EmailMessage]:
    return [_read(file) for file in sorted((server.folder / MAILS).glob("*.eml"))]


def _read(file: Path) -> EmailMessage:
    mail = email.message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text
