"""Mails as files, for trying out: whoever may read the folder plays everybody's mailbox."""

import asyncio
import logging
import os
from email.message import EmailMessage
from pathlib import Path

from server.domain.ids import new_id
from server.mail.postman import Undelivered
from server.telemetry.logs import fields

log = logging.getLogger(__name__)


class FolderPostman:
    """One file a mail, ``<UUIDv7>.eml``, so that names sort by time; readable by us alone."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError: the folder cannot be made."""
        self._folder = folder.absolute()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def deliver(self, message: EmailMessage) -> None:
        file = self._folder / f"{new_id()}.eml"
        try:
            await asyncio.to_thread(_write, file, bytes(message))
        except OSError as error:
            raise Undelivered(error.strerror or type(error).__name__) from error
        log.info("mail.written", extra=fields(file=str(file)))


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: a reader of the folder never sees half a mail."""
    draft = file.with_suffix(".draft")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
