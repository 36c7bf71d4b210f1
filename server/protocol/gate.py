"""What every session may send: rates, unanswered commands, bad frames, and when it is closed.

A gate turns a frame into a command, or into the refusal that answers it. It waits for nothing and
knows no dialect: how a frame is read is an argument.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from msgspec import UNSET, Struct

from server.domain.errors import AppError, BadFrames, BinaryFrame, RateLimited, TooLarge
from server.protocol import codec
from server.protocol.codec import Bounds, Unreadable
from server.protocol.events import ErrorEvent

_MINUTE = timedelta(minutes=1)


class HasId(Protocol):
    @property
    def id(self) -> str: ...


CommandT = TypeVar("CommandT", bound=HasId)


class MachineLimits(Struct, frozen=True, kw_only=True):
    """What one session may send; each is a setting. Figures: the specification's table of limits.

    Of bad frames that many a minute are answered, the next one closes the session; the refusal of
    a command for its rate that makes it that many closes it, too.
    """

    commands_per_second: int = 20
    commands_burst: int = 40
    unanswered_commands: int = 32
    bad_frames_per_minute: int = 20
    refused_commands_per_minute: int = 20
    upload_bytes: int = 25 * 1024 * 1024  # of one file: told to pages, kept by the media library
    bounds: Bounds = codec.DEFAULT_BOUNDS


class Refuse(Struct, frozen=True):
    """Answer a frame with this error."""

    event: ErrorEvent


class Close(Struct, frozen=True):
    """The last action of a session: nothing it sends afterwards is read."""

    code: int
    reason: str


Verdict: TypeAlias = Refuse | Close


class Gate(Generic[CommandT]):
    """``now`` is UTC; a clock that goes back earns nobody more commands."""

    def __init__(
        self,
        limits: MachineLimits,
        now: datetime,
        decode: Callable[[str, Bounds], CommandT],
    ) -> None:
        self._limits = limits
        self._decode = decode
        self._bucket = _Bucket(limits.commands_per_second, limits.commands_burst, now)
        self._unanswered: set[str] = set()
        self._bad_frames = _Strikes()
        self._refusals = _Strikes()
        self._closed = False

    @property
    def unanswered(self) -> frozenset[str]:
        """Ids of commands that somebody still has to answer."""
        return frozenset(self._unanswered)

    def answered(self, command_id: str) -> None:
        """The direct answer to ``command_id`` was sent; its id may be used again."""
        self._unanswered.discard(command_id)

    def receive(self, frame: str | bytes, now: datetime) -> CommandT | list[Verdict]:
        """A command, which is unanswered from now on, or what to do instead; never raises.

        ``str`` is a text frame, ``bytes`` a binary one. After a ``Close`` nothing more comes.
        """
        if self._closed:
            return []
        if isinstance(frame, bytes):
            return self._close(BinaryFrame("The protocol has text frames only."))
        try:
            command = self._decode(frame, self._limits.bounds)
            if command.id in self._unanswered:
                raise _duplicate(command.id)
        except TooLarge as error:
            return self._close(error)
        except Unreadable as error:
            return self._bad_frame(error, now)
        try:
            self._admit(now)
        except RateLimited as error:
            return self._refuse(error, command.id, now)
        self._unanswered.add(command.id)
        return command

    def _admit(self, now: datetime) -> None:
        wait_s = self._bucket.take(now)
        if wait_s > 0:
            raise RateLimited(
                f"A session may send {self._limits.commands_per_second} commands a second.",
                retry_after=wait_s,
                metadata=_figures("commands", self._limits.commands_per_second, now, wait_s),
            )
        if len(self._unanswered) >= self._limits.unanswered_commands:
            raise RateLimited(
                f"{self._limits.unanswered_commands} commands of this session are unanswered.",
                retry_after=1.0,  # nobody knows when; a second is longer than most answers take
                metadata=_figures(
                    "unanswered_commands", self._limits.unanswered_commands, now, 1.0
                ),
            )

    def _bad_frame(self, error: Unreadable, now: datetime) -> list[Verdict]:
        answer = Refuse(refusal(error, re=error.command_id))
        if self._bad_frames.add(now) <= self._limits.bad_frames_per_minute:
            return [answer]
        return [answer, *self._close(BadFrames("Too many frames that are no commands."))]

    def _refuse(self, error: RateLimited, command_id: str, now: datetime) -> list[Verdict]:
        answer = Refuse(refusal(error, re=command_id))
        if self._refusals.add(now) < self._limits.refused_commands_per_minute:
            return [answer]
        self._closed = True
        return [answer, Close(4429, "commands far above their rate")]

    def _close(self, error: AppError) -> list[Verdict]:
        self._closed = True
        return [Refuse(refusal(error)), Close(error.close or 1011, error.message)]


def refusal(error: AppError, *, re: str | None = None, turn_id: UUID | None = None) -> ErrorEvent:
    """``error`` as the event that tells a client of it."""
    return ErrorEvent(
        re=re if re is not None else UNSET,
        turn_id=turn_id if turn_id is not None else UNSET,
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after=round(error.retry_after, 3) if error.retry_after is not None else UNSET,
        path=error.path if error.path is not None else UNSET,
        metadata=error.metadata or UNSET,
    )


class _Bucket:
    """Tokens that drip in evenly; a full bucket is the burst."""

    def __init__(self, per_second: int, burst: int, now: datetime) -> None:
        self._per_second, self._burst = per_second, burst
        self._tokens, self._at = float(burst), now

    def take(self, now: datetime) -> float:
        """Take one token; 0, or the seconds until there is one."""
        elapsed_s = max(0.0, (now - self._at).total_seconds())
        self._at = now
        self._tokens = min(self._burst, self._tokens + elapsed_s * self._per_second)
        if self._tokens < 1:
            return (1 - self._tokens) / self._per_second
        self._tokens -= 1
        return 0.0


class _Strikes:
    """How often something happened in the last minute."""

    def __init__(self) -> None:
        self._times: list[datetime] = []  # a score; every session has two, and empty ones

    def add(self, now: datetime) -> int:
        self._times.append(now)
        while self._times[0] <= now - _MINUTE:
            del self._times[0]
        return len(self._times)


def _duplicate(command_id: str) -> Unreadable:
    error = Unreadable("A command with this id is still unanswered.", path="$.id")
    error.command_id = command_id
    return error


def _figures(scope: str, limit: int, now: datetime, wait_s: float) -> dict[str, object]:
    return {
        "scope": scope,
        "limit": limit,
        "remaining": 0,
        "resetsAt": now + timedelta(seconds=wait_s),
    }
