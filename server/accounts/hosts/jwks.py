"""The public keys of a host application, as it publishes them (RFC 7517), and changes them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from server.accounts.hosts.keys import SigningKey, published_key
from server.domain.errors import ServiceUnavailable
from server.telemetry.logs import fields

FRESH_S = 600.0
"""After this time keys are asked for again, so a withdrawn one is believed no longer."""

STALE_S = 3_600.0
"""While the host does not answer, its keys hold this long."""

EVERY_S = 10.0
"""The host is asked no more often, whatever tokens say: anybody can write an unknown ``kid``."""

ANSWER_S = 5.0
BYTES_MAX = 256 * 1024
"""Large providers publish some 20 keys with certificates: 40 KB."""

_log = logging.getLogger(__name__)


class _KeySet(Struct):
    keys: list[dict[str, Any]]


class Jwks:
    """Keys at ``url``, asked for when needed and by one request at a time. ``now``: a monotonic
    clock in seconds."""

    def __init__(
        self, url: str, http: httpx2.AsyncClient, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._http = http
        self._now = now
        self._keys: Sequence[SigningKey] = ()
        self._told_at: float | None = None
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None
        self._is_silent = False

    async def known(self) -> Sequence[SigningKey]:
        """Every key of the host, as it told them lately.

        Raises:
            ServiceUnavailable: it never did, or too long ago, and does not answer.
        """
        if not self._is_told_within(FRESH_S):
            await self._ask()
        if not self._is_told_within(STALE_S):
            raise self._silence()
        return self._keys

    async def renewed(self) -> bool:
        """
        Raises:
            ServiceUnavailable: the host does not answer, so whether there are newer is unknown.
        """
        before = self._told_at
        await self._ask()
        if self._is_silent:
            raise self._silence()
        return self._told_at != before

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def _is_told_within(self, seconds: float) -> bool:
        return self._told_at is not None and self._now() - self._told_at <= seconds

    async def _ask(self) -> None:
        """Wait for the answer under way, or to a new question if one may be asked; not of a host
        that did not answer the last one, or it would keep everybody waiting who wants in."""
        is_soon = self._asked_at is not None and self._now() - self._asked_at < EVERY_S
        if self._asking is None and not is_soon:
            self._asked_at = self._now()
            self._asking = asyncio.create_task(self._fetch(self._asked_at))
        if self._asking is not None and not self._is_silent:
            # It belongs to everybody who waits, so none of them can call it off.
            await asyncio.shield(self._asking)

    async def _fetch(self, asked_at: float) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                told = msgspec.json.decode(await self._download(), type=_KeySet)
            keys = [key for jwk in told.keys if (key := published_key(jwk)) is not None]
        except (httpx2.HTTPError, ValueError, TimeoutError) as error:
            _log.warning("jwks.not_fetched", extra=fields(url=self._url, error=repr(error)))
            self._is_silent = True
            return
        finally:
            self._asking = None
        if not keys:
            _log.warning("jwks.empty", extra=fields(url=self._url, keys=len(told.keys)))
        self._keys, self._told_at, self._is_silent = keys, asked_at, False

    async def _download(self) -> bytes:
        """Raises ValueError: no key set of usual size, or sent elsewhere for it."""
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        async with self._http.stream("GET", self._url, headers=headers) as answer:
            if answer.status_code != httpx2.codes.OK:
                raise ValueError(f"status {answer.status_code}")
            body = bytearray()
            async for part in answer.aiter_raw():
                body += part
                if len(body) > BYTES_MAX:
                    raise ValueError(f"more than {BYTES_MAX} bytes")
            return bytes(body)

    def _silence(self) -> ServiceUnavailable:
        return ServiceUnavailable(
            "The host application does not tell the keys that its tokens are signed with.",
            retry_after=EVERY_S,
        )


@asynccontextmanager
async def open_jwks(url: str) -> AsyncIterator[Jwks]:
    """Asks nobody before a token has to be checked: the host may start later than we do."""
    async with httpx2.AsyncClient(timeout=ANSWER_S, follow_redirects=False) as http:
        jwks = Jwks(url, http)
        try:
            yield jwks
        finally:
            await jwks.close()
