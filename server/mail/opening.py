"""From the settings to a mailroom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.domain.clock import Clock
from server.environment import SettingsError
from server.mail.folder import FolderPostman
from server.mail.mailroom import Mailroom, open_mailroom
from server.mail.postman import Postman
from server.mail.smtp import SmtpPostman
from server.settings import Settings

FOLDER = "mail"
"""In DATA_DIR, for a trial on private engines."""


@asynccontextmanager
async def open_mail(settings: Settings, clock: Clock) -> AsyncIterator[Mailroom | None]:
    """None: nobody has said how mail is sent. A mail server is first asked when it is used.

    Raises:
        SettingsError: the folder for mails cannot be made, or people may sign up, which is answered
            by mail, and it is not said how that is sent.
    """
    try:
        postman = _postman(settings)
    except OSError as error:
        raise SettingsError(f"MAIL_URL: {error}") from error
    if postman is None:
        if settings.registration == "open":
            raise SettingsError("MAIL_URL: required with REGISTRATION=open")
        yield None
        return
    sender = settings.mail_from or f"Causerie <no-reply@{_domain(settings.origin)}>"
    async with open_mailroom(postman, sender, clock) as room:
        yield room


def _postman(settings: Settings) -> Postman | None:
    if settings.mail_url is None:
        folder = Path(settings.data_dir) / FOLDER
        return FolderPostman(folder) if settings.owns_engines else None
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file":
        return FolderPostman(Path(unquote(parts.path)))
    return SmtpPostman(settings.mail_url)


def _domain(origin: str) -> str:
    host = urlsplit(origin).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    return "localhost"  # what stands after an @ is a name
