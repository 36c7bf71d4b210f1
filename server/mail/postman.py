"""Who takes a mail away: a mail server, or a folder."""

from email.message import EmailMessage
from typing import Protocol


class Undelivered(Exception):
    """``str()`` says why, naming neither a person nor a secret. ``for_good``: trying again is of no
    use."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


class Postman(Protocol):
    async def deliver(self, message: EmailMessage) -> None:
        """Take one mail to the only recipient that its ``To`` names.

        Raises:
            Undelivered: it was not taken.
        """
        ...
