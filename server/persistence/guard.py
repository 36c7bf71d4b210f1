"""What stands before an engine: while that is away nobody asks it but one task, every second.

Else everybody finds out for himself, each by the wait of his own timeout.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from server.domain.breaker import Breaker
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

PROBE_S = 1.0
"""Between two looks whether the engine is back, and how long a look may take."""


class Guard:
    """``ask`` is the look, and raises as long as the engine is away; ``distrust`` drops idle
    connections, which may be as dead as one that hung without a sign of it.

    The task makes sure that no call ever waits for having been chosen as the probe.
    """

    def __init__(
        self,
        name: str,
        ask: Callable[[], Awaitable[object]],
        distrust: Callable[[], Awaitable[None]],
        *,
        failures: int,
    ) -> None:
        self._name = name
        self._ask = ask
        self._distrust = distrust
        self._breaker = Breaker(failures=failures, probe_s=PROBE_S)
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the engine is away, as far as we know."""
        return not self._breaker.is_closed

    def succeeded(self) -> None:
        self._breaker.succeeded()

    def failed(self, error: BaseException) -> None:
        """A call got no answer, and knew it at once: a few in a row are an outage."""
        self._breaker.failed(_now())
        self._look_after(error)

    def hung(self, error: BaseException) -> None:
        """A call waited in vain. One is enough: whoever asks next would wait as long."""
        self._breaker.trip(_now())
        self._look_after(error)

    def _look_after(self, error: BaseException) -> None:
        if self.is_open and self._probing is None:
            log.warning("engine.away", extra=fields(engine=self._name, error=repr(error)))
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        try:
            try:
                await self._distrust()
            except Exception:  # without this task nobody would ever find the engine again
                log.exception("engine.distrust_failed", extra=fields(engine=self._name))
            while self.is_open:
                await self._look()
        finally:
            self._probing = None
        log.info("engine.back", extra=fields(engine=self._name))

    async def _look(self) -> None:
        ends = _now() + PROBE_S
        if self._breaker.admits(_now()):
            try:
                async with asyncio.timeout_at(ends):
                    await self._ask()
            except Exception:  # of whatever kind: it is not back
                self._breaker.failed(_now())
            else:
                self._breaker.succeeded()
                return
        await asyncio.sleep(max(ends - _now(), 0))

    async def close(self) -> None:
        probing = self._probing
        while probing is not None and not probing.done():
            # Until it is heard: what waits for a write to Redis may swallow one.
            probing.cancel()
            await asyncio.wait({probing}, timeout=PROBE_S)


def _now() -> float:
    return asyncio.get_running_loop().time()
