"""Log lines: one JSON object each, or short text on a terminal, credentials removed.

Modules log with the standard library: ``logging.getLogger(__name__).info("turn.completed",
extra=fields(model=…))``. The ids bound by ``bound`` ride along by themselves.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO
from uuid import UUID

import msgspec

from server.telemetry.redaction import Redactor

_ids: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default={})  # noqa: B039 - never mutated

QUIET = ("uvicorn", "httpx2", "httpcore2", "openai", "asyncio", "alembic")
"""Libraries whose every step at level info would drown ours: heard from warning on."""

_encode = msgspec.json.Encoder(enc_hook=str, decimal_format="string").encode


@contextmanager
def bound(**ids: str | UUID) -> Iterator[None]:
    """Add ids (``request_id``, ``session_id``, ``turn_id``…) to every line logged inside, in this
    task and in those it starts."""
    token = _ids.set({**_ids.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        yield
    finally:
        _ids.reset(token)


def current_ids() -> Mapping[str, str]:
    """The ids bound at this moment."""
    return _ids.get()


def fields(**values: Any) -> dict[str, Any]:
    """Figures of a line, for ``extra=``: under one name, so that none collides with logging's."""
    return {"fields": values}


class JsonFormatter(logging.Formatter):
    """``{"at", "level", "logger", "message", …ids, …fields, "error"?}`` on one line."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_details(record),
        }
        if trace := _trace(self, record):
            line["error"] = trace
        clean = {name: self._redactor.value(value) for name, value in line.items()}
        try:
            return _encode(clean).decode()
        except (TypeError, ValueError, RecursionError):
            # A line that cannot be encoded (a lone surrogate, say) is still worth reading.
            return _encode({"at": line["at"], "message": ascii(clean)}).decode()


class TextFormatter(logging.Formatter):
    """``12:30:59 warning message name=value``, in local time, the traceback below."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        details = "".join(f" {name}={value}" for name, value in _details(record).items())
        line = f"{at:%H:%M:%S} {record.levelname.lower():7} {record.getMessage()}{details}"
        trace = _trace(self, record)
        return self._redactor.text(f"{line}\n{trace}" if trace else line)


_OF_LOGGING = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
    "fields",
}


def _details(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _OF_LOGGING}
    return {**_ids.get(), **extra, **getattr(record, "fields", {})}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def configure(
    *,
    level: str = "info",
    style: Literal["auto", "json", "text"] = "auto",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every log line of this process to ``stream`` (standard error), ours and libraries'."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    redactor = Redactor(secrets)
    as_text = style == "text" or (style == "auto" and target.isatty())
    handler.setFormatter(TextFormatter(redactor) if as_text else JsonFormatter(redactor))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in QUIET:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
