"""Every error the product can answer with: what it means, and what each audience is told.

``Refused`` is the caller's doing and the session goes on; ``Unavailable`` is something we lean on,
the same request may succeed later; ``Violation`` broke the protocol and closes the session.
"""

from typing import Any, ClassVar


class AppError(Exception):
    """Base of all answers that are not the one asked for.

    ``message`` is for people, ``path`` names the field (``$.text``), ``retry_after`` is in seconds,
    ``metadata`` holds figures (limit, remaining, resetsAt, scope…) as JSON values.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    close: ClassVar[int | None] = None
    retryable: bool = False
    """Of the kind; one that only an operator can mend says otherwise of itself."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        retry_after: float | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.retry_after = retry_after
        self.metadata = metadata or {}


class Refused(AppError):
    """The caller's doing: asking the same again changes nothing."""


class Unavailable(AppError):
    """Something we lean on failed: the same request, later, may succeed."""

    retryable = True


class Violation(AppError):
    """The protocol was broken: the session closes."""


class Internal(AppError):
    """Our fault; the request id names the log line."""

    code, status, close, retryable = "internal", 500, 1011, True


class Invalid(Refused):
    """Malformed or out of bounds; ``path`` names the field."""

    code, status = "invalid", 400


class Unauthenticated(Refused):
    """No valid credentials were given, or they have expired."""

    code, status, close = "unauthenticated", 401, 4401


class Forbidden(Refused):
    """The caller is known and lacks the right."""

    code, status, close = "forbidden", 403, 4403


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else."""

    code, status = "not_found", 404


class MethodNotAllowed(Refused):
    """The path exists and does not answer to this HTTP method."""

    code, status = "method_not_allowed", 405


class Conflict(Refused):
    """A turn already runs on that branch tip, or the thing has changed meanwhile."""

    code, status = "conflict", 409


class IdempotencyMismatch(Refused):
    """The same key was used before with other content."""

    code, status = "idempotency_mismatch", 409


class TooLarge(Refused):
    """A body, a frame or a file is above its limit, or an upload above the room that is left."""

    code, status, close = "too_large", 413, 1009


class UnsupportedMedia(Refused):
    """The content type, or the file by its bytes, is none that is taken here."""

    code, status = "unsupported_media", 415


class InsufficientCredits(Refused):
    """The spendable balance does not cover the hold. ``metadata``: needed, spendable."""

    code, status = "insufficient_credits", 402


class QuotaExceeded(Refused):
    """The rest of the monthly quota does not cover the hold; it comes back at ``resetsAt``.
    ``metadata``: needed as well."""

    code, status = "quota_exceeded", 429


class RateLimited(Refused):
    """Too many requests of this user, workspace or address; ``retryAfter`` says when.
    ``metadata``: scope, limit, remaining, resetsAt, windowSeconds."""

    code, status, retryable = "rate_limited", 429, True


class TooManyTurns(Refused):
    """The user already runs as many turns as the plan allows."""

    code, status, retryable = "too_many_turns", 429, True


class TooManySessions(Refused):
    """The user or the address already holds as many sessions as allowed."""

    code, status, close, retryable = "too_many_sessions", 429, 4429, True


class ModelUnavailable(Refused):
    """The model is not configured here."""

    code, status = "model_unavailable", 404


class Unpriced(Refused):
    """The model has no price, so nothing it does can be charged."""

    code, status = "unpriced", 409


class Unsupported(Refused):
    """The model or agent lacks the capability that was asked for."""

    code, status = "unsupported", 400


class ContentBlocked(Refused):
    """Refused by moderation, ours or the provider's."""

    code, status = "content_blocked", 422


class Paused(Refused):
    """An operator paused that scope. ``metadata``: scope, key, reason, until (null: not known)."""

    code, status = "paused", 423


class ProviderError(Unavailable):
    """The provider failed."""

    code, status = "provider_error", 502


class ProviderRateLimited(Unavailable):
    """The provider is rate limiting us."""

    code, status = "provider_rate_limited", 503


class ProviderTimeout(Unavailable):
    """The provider kept silent for too long."""

    code, status = "provider_timeout", 504


class ProviderProtocol(Unavailable):
    """The provider sent garbage, or ended without its end marker."""

    code, status = "provider_protocol", 502


class SchemaMismatch(Unavailable):
    """Structured output was wrong twice."""

    code, status = "schema_mismatch", 502


class WorkerLost(Unavailable):
    """The process that ran the turn died; nothing was charged."""

    code, status = "worker_lost", 503


class Draining(Unavailable):
    """The server is restarting."""

    code, status, close = "draining", 503, 1012


class Overloaded(Unavailable):
    """The server has as much work as it can do well."""

    code, status, close = "overloaded", 503, 1013


class ServiceUnavailable(Unavailable):
    """The database, the storage of files, or another engine we lean on does not answer."""

    code, status = "unavailable", 503


class BadFrames(Violation):
    """Too many frames that are no commands."""

    code, status, close = "invalid", 400, 1008


class BinaryFrame(Violation):
    """The protocol has text frames only."""

    code, status, close = "invalid", 400, 1003


def kind_of(code: str) -> type[AppError]:
    """The class that a stored code stands for; ``Internal`` where this version knows it no more."""
    kinds: list[type[AppError]] = [Internal]
    for branch in (Refused, Unavailable, Violation):
        kinds += branch.__subclasses__()
    return next((kind for kind in kinds if kind.code == code), Internal)
