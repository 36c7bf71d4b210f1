"""Which failures pass by waiting, and which come back however often they are tried."""

from collections.abc import Iterator

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from server.domain.errors import Unavailable

_OF_THE_DATA = ("22", "23")
"""Classes of SQLSTATE: data exception (overflow, bad text), integrity constraint violation. All
others (connection, locks, resources, operator, also a table that a late migration will bring)
are of the surroundings: waiting helps, and nothing may be put aside for them."""

_UNWRITABLE = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")
"""NUL and halves of surrogate pairs: text to Python, not to PostgreSQL."""


def is_transient(error: BaseException) -> bool:
    """Whether the same work, later, may succeed: an outage, a lock, a deadlock.

    Not so what lies in the data. The driver's refusal of a value (an integer beyond 64 bits) is
    such a case, although it looks like a lost connection: it is the only ``ValueError`` there
    beside that of a certificate, which is an ``OSError`` too.
    """
    if any(
        isinstance(cause, ValueError) and not isinstance(cause, OSError) for cause in _causes(error)
    ):
        return False
    for cause in _causes(error):
        state = getattr(getattr(cause, "orig", None), "sqlstate", None)
        if state is not None:
            return not str(state).startswith(_OF_THE_DATA)
    return isinstance(error, DBAPIError | Unavailable | RedisError | OSError)


def reason_of(error: BaseException) -> str:
    """One line for the dead letter: the kind of the failure and its own words, not the data."""
    cause = getattr(error, "orig", None) or error
    words = (str(cause).splitlines() or [""])[0]
    # Words that the database refuses would keep the letter, and so its worker, from ever going on.
    kind = getattr(cause, "kind", None) or type(cause).__name__
    return f"{kind}: {words}"[:500].translate(_UNWRITABLE)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
