"""Moments that a client named: those that can be told in UTC, in which everything is kept."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct

from server.domain.errors import Invalid

T = TypeVar("T")


def check_moments(value: T) -> T:
    """Answers ``value``. Raises Invalid: it is a struct, and of a field nobody can say when it is:
    the database would break on ``0001-01-01T00:00:00+01:00``, which is before the calendar."""
    if isinstance(value, Struct):
        for name, shown in zip(
            value.__struct_fields__, value.__struct_encode_fields__, strict=True
        ):
            if not are_in_reach([getattr(value, name)]):
                raise Invalid("There is no such moment in UTC.", path=f"$.{shown}")
    return value


def are_in_reach(values: Iterable[object]) -> bool:
    """Whether every moment among ``values`` can be told in UTC; one without a zone cannot."""
    try:
        return all(
            value.tzinfo is not None and value.astimezone(UTC)
            for value in values
            if isinstance(value, datetime)
        )
    except OverflowError:
        return False
