"""Whether a provider call that failed before its first word is made again, and when. Pure."""

from msgspec import Struct

from server.domain.errors import (
    AppError,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)

JITTER = 0.25
"""A pause is shortened by up to this part of it, so that what failed together does not come back
together."""


class Retries(Struct, frozen=True, kw_only=True):
    """Calls of one model at most, and the pause before the second; each further pause is twice the
    one before. A server that asks for a longer pause than ``longest_s`` is not waited for."""

    attempts: int = 3
    first_s: float = 1.0
    longest_s: float = 5.0

    def pause_s(self, attempt: int, error: AppError, chance: float) -> float | None:
        """Seconds until the attempt after number ``attempt`` (from 1), which failed by ``error``;
        None: there is none. ``chance`` is from 0 to 1."""
        if attempt >= self.attempts or not is_transient(error):
            return None
        asked_s = error.retry_after or 0.0
        if asked_s > self.longest_s:
            return None
        pause_s = min(self.first_s * (1 << (attempt - 1)), self.longest_s)
        return max(asked_s, pause_s * (1 - JITTER * chance))


def is_transient(error: AppError) -> bool:
    """The network, 408, 409, 429, 5xx, silence: what the same request may not meet again. A used-up
    account is told by 429 too, and is no ``ProviderRateLimited``."""
    if isinstance(error, ProviderRateLimited | ProviderTimeout):
        return True
    if not isinstance(error, ProviderError):
        return False
    status: int | None = error.metadata.get("status")
    return status is None or status in (408, 409) or status >= 500


def may_stand_in(error: AppError) -> bool:
    """Whether another model may succeed where this one failed. A prompt that is refused for what it
    says is not shown around until somebody takes it."""
    return isinstance(
        error,
        ProviderError | ProviderRateLimited | ProviderTimeout | ProviderProtocol | ModelUnavailable,
    )
