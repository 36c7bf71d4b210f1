"""Who takes a mail away: a mail server, or a folder."""

from email.message import EmailMessage
from typing import Protocol


class Undelivered(Exception):
    """``str()`` says why, naming neither a person nor a secret."""


class Unwanted(Undelivered):
    """The mail itself was refused: trying again is of no use."""


class Postman(Protocol):
    async def deliver(self, message: EmailMessage) -> None:
        """Take one mail to the only recipient that its ``To`` names.

        Raises:
            Undelivered: it was not taken.
        """
        ...
