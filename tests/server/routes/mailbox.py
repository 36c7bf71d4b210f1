"""What a site has mailed, as files of a folder, and a site where people may sign up."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path
from typing import Any

from server.local.engines import EngineUrls
from tests.server.routes.site import Web, web
from tests.support.eventually import eventually

_SECRET = re.compile(r"/(confirm|reset)#(cl_[A-Za-z0-9_-]{43})\s")


class Mailbox:
    """Everybody's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mails(self) -> list[EmailMessage]:
        """In the order in which they were sent."""
        parser: BytesParser[EmailMessage] = BytesParser(policy=SMTP)
        return [parser.parsebytes(file.read_bytes()) for file in sorted(self._folder.glob("*.eml"))]

    async def mail(self, number: int) -> str:
        """The text of the mail with that number, from 1, once it is there."""
        await eventually(lambda: len(self.mails()) >= number)
        return str(self.mails()[number - 1].get_content())

    async def secret(self, page: str, number: int) -> str:
        """What that mail's link to ``page`` has after its ``#``."""
        found = _SECRET.search(await self.mail(number))
        assert found is not None
        assert found[1] == page
        return found[2]


@asynccontextmanager
async def open_web(
    urls: EngineUrls, folder: Path, **settings: Any
) -> AsyncIterator[tuple[Web, Mailbox]]:
    values = {"registration": "open", "mail_url": f"file:{folder}", **settings}
    async with web(urls, **values) as site:
        yield site, Mailbox(folder)
