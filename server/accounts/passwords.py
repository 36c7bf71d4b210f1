"""Passwords: argon2id, off the event loop, a few at a time."""

import unicodedata
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from server.domain.errors import Invalid

PASSWORD_MIN, PASSWORD_MAX = 8, 200
"""Characters: NIST SP 800-63B's least, and more than any passphrase, so that hashing is bounded."""

Result = TypeVar("Result")

AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and four threads for some 50 ms."""


class Passwords:
    """Makes and checks hashes, by default at the cost of RFC 9106's second choice."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._limiter = CapacityLimiter(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Raises Invalid: shorter or longer than allowed."""
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise Invalid(
                f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.", path="$.password"
            )
        return await self._run(partial(self._hasher.hash, _bytes(password)))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether ``password`` is the one; ``stored`` None: nobody, which takes just as long, so
        that the time of an answer does not tell which e-mail addresses are known."""
        if self._nobody is None:
            self._nobody = await self._run(partial(self._hasher.hash, b"nobody's password"))
        against = stored if stored is not None else self._nobody
        same = await self._run(partial(self._same, against, _bytes(password[:PASSWORD_MAX])))
        return same and stored is not None and len(password) <= PASSWORD_MAX

    def is_outdated(self, stored: str) -> bool:
        """Made at another cost than today's: hash it anew while the password is at hand."""
        return self._hasher.check_needs_rehash(stored)

    def _same(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(work, limiter=self._limiter)


def _bytes(password: str) -> bytes:
    """The same password typed on two systems gives the same bytes (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
